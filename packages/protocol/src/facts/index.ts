import type * as z from 'zod'
import type { Frozen } from '../frozen.ts'
import { binaryFact } from './binary.ts'
import { claimFact } from './claim.ts'
import { configFact } from './config.ts'
import { etcdFact } from './etcd.ts'
import { firewallFact } from './firewall.ts'
import { imagesFact } from './images.ts'
import { k3sFact } from './k3s.ts'
import { routeFact } from './route.ts'
import { scheduleFact } from './schedule.ts'
import { snapshotsFact } from './snapshots.ts'
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
  snapshots: snapshotsFact,
  schedule: scheduleFact,
  firewall: firewallFact,
  etcd: etcdFact,
} as const

type Facts = typeof HOST_FACTS
/** Name of a fact that a host's own agent reads. */
export type OwnFactName = keyof Facts
/** The value of each as it is told. */
export type ToldFacts = { readonly [K in OwnFactName]: Frozen<z.infer<Facts[K]['schema']>> }
/** The value of each as rules see it. */
export type OwnFacts = { readonly [K in OwnFactName]: ReturnType<Facts[K]['view']> }

const eachFact = (valueOf: (fact: Facts[OwnFactName], name: OwnFactName) => unknown): unknown =>
  Object.fromEntries(OWN_FACTS.map((name) => [name, valueOf(HOST_FACTS[name], name)]))

/** Their names. */
export const OWN_FACTS = Object.keys(HOST_FACTS) as readonly OwnFactName[]
/** What a host on which nothing was done yet tells. */
export const BARE_TOLD = eachFact(({ bare }) => bare) as ToldFacts
/** The schema of each as it travels, made when it is asked for: what an agent of an older version does not tell is as on a bare host. */
export const toldFactSchemas = () =>
  eachFact(({ schema, bare }) => (schema as z.ZodType).default(bare)) as { readonly [K in OwnFactName]: z.ZodDefault<Facts[K]['schema']> }

/** What rules see of what a host told. */
export const seenFacts = (told: ToldFacts): OwnFacts => eachFact(({ view }, name) => (view as (value: unknown) => unknown)(told[name])) as OwnFacts

/** What rules see of a host on which nothing was done yet. */
export const BARE_FACTS = seenFacts(BARE_TOLD)
