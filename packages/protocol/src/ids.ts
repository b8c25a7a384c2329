import * as z from 'zod'

const name = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Lower-case RFC 1123 label, 1 to 63 characters: names of hosts and clusters. */
export const NameSchema = z.string().regex(name, 'must be lower-case letters, digits and inner dashes, at most 63')

/** `h-` and 16 base32 characters of the SHA-256 of the host's Ed25519 key: an identity that is never a guess. */
export const HostIdSchema = z
  .string()
  .regex(/^h-[a-z2-7]{16}$/)
  .brand<'HostId'>()
/** A host's identity, derived from its key. */
export type HostId = z.infer<typeof HostIdSchema>

/** A cluster's name; unique in one coordinator and never changed. */
export const ClusterNameSchema = NameSchema.refine((value) => value !== 'local', 'local is reserved').brand<'ClusterName'>()
/** A cluster's name. */
export type ClusterName = z.infer<typeof ClusterNameSchema>

/** `run-`, `ord-`, `req-`, `fc-`, `tok-` and 16 base32 characters. */
const generated = (prefix: string): z.ZodString => z.string().regex(new RegExp(`^${prefix}-[a-z2-7]{16}$`))

/** The id of a run. */
export const RunIdSchema = generated('run').brand<'RunId'>()
/** The id of a run. */
export type RunId = z.infer<typeof RunIdSchema>
/** The id of an order: `ord-…` for the coordinator's, `sched-NAME-TIME`, `prune-…` and `tidy-…` for what a host's schedule fires. */
export const OrderIdSchema = z
  .string()
  .regex(/^(?:ord-[a-z2-7]{16}|(?:sched|prune|tidy)-[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?-\d{8}t\d{4}z)$/)
  .brand<'OrderId'>()
/** The id of an order. */
export type OrderId = z.infer<typeof OrderIdSchema>
/** The id of a request. */
export const RequestIdSchema = generated('req').brand<'RequestId'>()
/** The id of a request. */
export type RequestId = z.infer<typeof RequestIdSchema>
/** The id of a stored forecast. */
export const ForecastIdSchema = generated('fc').brand<'ForecastId'>()
/** The id of a stored forecast. */
export type ForecastId = z.infer<typeof ForecastIdSchema>

/** SHA-256 as 64 lower-case hex digits; always computed outside core. */
export const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
/** SHA-256 as 64 lower-case hex digits. */
export type Hash = z.infer<typeof Sha256Schema>

/** Milliseconds since 1970, an integer, by the coordinator's clock. */
export const TimeSchema = z.int().min(0)
/** Milliseconds since 1970, an integer. */
export type Time = number
/** A span in milliseconds, an integer. */
export type Ms = number
