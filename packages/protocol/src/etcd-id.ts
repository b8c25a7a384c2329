import * as z from 'zod'

/** An id of etcd as decimal text: it goes up to 2^64, which a number of JSON does not hold. */
export const EtcdIdSchema = z.string().regex(/^[0-9]{1,20}$/)

/** The most members that a host tells of. */
export const MOST_MEMBERS = 16
