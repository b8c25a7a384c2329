import * as z from 'zod'
import { HostIdSchema } from '../ids.ts'

const address = () => z.union([z.ipv4(), z.ipv6()])
const target = () => ({ host: HostIdSchema, ip: address(), port: z.int().min(1).max(65_535) })
const id = () => z.string().min(1).max(64)

/** Dial these ports anew, each so many times, from this address of yours (null: whichever the route gives). */
export const ProbeSchema = z.lazy(() =>
  z.strictObject({
    id: id(),
    from: address().nullable(),
    targets: z.array(z.strictObject(target())).min(1).max(256),
    tries: z.int().min(1).max(10),
  }),
)
/** See {@link ProbeSchema}. */
export type Probe = z.infer<typeof ProbeSchema>

/** What a witness found: `open` and `refused` both mean that the port was reached. */
export const ProbedSchema = z.lazy(() =>
  z.strictObject({
    id: id(),
    results: z
      .array(
        z.strictObject({
          ...target(),
          outcome: z.enum(['open', 'refused', 'timeout', 'unreachable']).describe('the best of the tries'),
          connectUs: z.int().min(0).nullable().describe('the shortest time until the answer in microseconds; null: none came'),
        }),
      )
      .max(256),
  }),
)
/** See {@link ProbedSchema}. */
export type Probed = z.infer<typeof ProbedSchema>
