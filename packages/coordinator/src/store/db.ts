import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** The database or a transaction on it: every query takes either. */
export type Db = Kysely<Schema>

/** Parses a JSON column that this store wrote itself. */
export const fromColumn = <T>(text: string): T => JSON.parse(text) as T
