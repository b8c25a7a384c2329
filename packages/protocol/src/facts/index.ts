import type * as z from 'zod'
import type { Frozen } from '../frozen.ts'
import { binaryFact } from './binary.ts'
import { claimFact } from './claim.ts'
import { configFact } from './config.ts'
import { imagesFact } from './images.ts'
import { k3sFact } from './k3s.ts'
import { routeFact } from './route.ts'
import { sysctlsFact } from './sysctls.ts'

/** What an agent reads of its own host and rules plan by: the one list that wire, views, agent and tests derive from. */
export const HOST_FACTS = {
  binary: binaryFact,
  images: imagesFact,
  config: configFact,
  claim: claimFact,
  k3s: k3sFact,
  sysctls: sysctlsFact,
  route: routeFact,
} as const

/** Name of a fact that a host's own agent reads. */
export type OwnFactName = keyof typeof HOST_FACTS
/** The value of each of them. */
export type OwnFacts = { readonly [K in OwnFactName]: Frozen<z.infer<(typeof HOST_FACTS)[K]['schema']>> }

/** Their names. */
export const OWN_FACTS = Object.keys(HOST_FACTS) as readonly OwnFactName[]
/** Their values on a host on which nothing of k3s is. */
export const BARE_FACTS = Object.fromEntries(Object.entries(HOST_FACTS).map(([name, { bare }]) => [name, bare])) as OwnFacts
/** The schema of each of them as it travels: what an agent of an older version does not say yet is as on a bare host. */
export const OWN_FACT_SCHEMAS = Object.fromEntries(Object.entries(HOST_FACTS).map(([name, { schema, bare }]) => [name, (schema as z.ZodType).default(bare)])) as unknown as {
  readonly [K in OwnFactName]: z.ZodDefault<(typeof HOST_FACTS)[K]['schema']>
}
