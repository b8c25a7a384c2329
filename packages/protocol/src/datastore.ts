import * as z from 'zod'

/** Where a server keeps its objects, and what a snapshot is a copy of. */
export const DatastoreSchema = z.enum(['sqlite', 'etcd'])
/** See {@link DatastoreSchema}. */
export type Datastore = z.infer<typeof DatastoreSchema>
