import { INIT } from './0001-init.ts'

/** All migrations in order; the position is the schema version. Only ever appended to. */
export const MIGRATIONS: readonly string[] = [INIT]
