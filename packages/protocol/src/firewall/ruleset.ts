import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import * as z from 'zod'
import { Sha256Schema, type Hash } from '../ids.ts'
import { canonicalJson } from '../json.ts'
import { canonicalAddress, mergeCidrs } from '../net/merge-cidrs.ts'
import { mergePorts, portSpan } from './ports.ts'

const ip = () => z.union([z.ipv4(), z.ipv6()])
const cidr = () => z.union([z.cidrv4(), z.cidrv6()])
const range = () => z
  .string()
  .regex(/^[1-9]\d{0,4}-[1-9]\d{0,4}$/)
  .refine((text) => portSpan(text)[0] < portSpan(text)[1] && portSpan(text)[1] <= 65_535, 'must be first-last, at most 65535')

/** The name of a network interface, as the kernel takes it. */
export const NicNameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,14}$/)

/** Who may reach some ports: everybody, the admins' networks, all members of the cluster, its servers. */
export const SOURCES = ['anyone', 'admins', 'nodes', 'servers'] as const
/** See {@link SOURCES}. */
export type Source = (typeof SOURCES)[number]

const admit = () =>
  z.strictObject({
    from: z.enum(SOURCES),
    proto: z.enum(['tcp', 'udp']),
    ports: z.array(z.union([z.int().min(1).max(65_535), range()])).min(1).max(64),
  })

const members = () => ({
  nodes: z.array(ip()).max(2_500).describe('node addresses of all members'),
  servers: z.array(ip()).max(64).describe('node addresses of the servers'),
})

const rules = () => ({
  guarded: z.array(NicNameSchema).min(1).max(16).describe('interfaces that carry node addresses; no other is looked at'),
  admins: z.array(cidr()).max(64),
  admit: z.array(admit()).max(32),
  overlay: z.array(cidr()).max(8).describe('pod and service networks: dropped when they arrive on a guarded interface'),
})

/** Who belongs to the cluster, by address. */
export const MembersSchema = z.lazy(() => z.strictObject(members()))
/** See {@link MembersSchema}. */
export type Members = z.infer<typeof MembersSchema>

/** All that a host lets in: what is not named here is dropped on the guarded interfaces. */
export const RulesetSchema = z.lazy(() => z.strictObject({ ...rules(), ...members() }))
/** See {@link RulesetSchema}. */
export type Ruleset = z.infer<typeof RulesetSchema>
/** All of a ruleset but the members. */
export const RulesSchema = z.lazy(() => z.strictObject(rules()))
/** See {@link RulesSchema}. */
export type Rules = z.infer<typeof RulesSchema>
/** One (source, protocol, ports) line of a ruleset. */
export type Admit = Ruleset['admit'][number]

/** Both identities of a ruleset: rules change by stage and commit, members by element. */
export const DigestsSchema = z.strictObject({ rules: Sha256Schema, members: Sha256Schema })
/** See {@link DigestsSchema}. */
export type Digests = z.infer<typeof DigestsSchema>

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted()

/** The members in the one form in which equal members are equal texts. */
export const canonicalMembers = ({ nodes, servers }: Members): Members => ({
  nodes: sorted(nodes.map(canonicalAddress)),
  servers: sorted(servers.map(canonicalAddress)),
})

const admitsOf = (ruleset: Rules): Admit[] => {
  const from = SOURCES.filter((source) => source !== 'admins' || ruleset.admins.length > 0)
  return from.flatMap((source) =>
    (['tcp', 'udp'] as const).flatMap((proto) => {
      const ports = ruleset.admit.filter((one) => one.from === source && one.proto === proto).flatMap((one) => one.ports)
      return ports.length === 0 ? [] : [{ from: source, proto, ports: mergePorts(ports) }]
    }),
  )
}

/** Everything but the members, in the one form in which equal rules are equal texts: what has no effect is left out. */
export const canonicalRules = (ruleset: Rules): Rules => {
  const admit = admitsOf(ruleset)
  return {
    guarded: sorted(ruleset.guarded),
    admins: admit.some(({ from }) => from === 'admins') ? mergeCidrs(ruleset.admins) : [],
    admit,
    overlay: mergeCidrs(ruleset.overlay),
  }
}

/** The whole ruleset in its one form: what an order should carry. */
export const canonicalRuleset = (ruleset: Ruleset): Ruleset => ({ ...canonicalRules(ruleset), ...canonicalMembers(ruleset) })

/** Our canonical texts are plain ASCII. */
const digestOf = (value: Parameters<typeof canonicalJson>[0]): Hash => {
  const text = canonicalJson(value)
  return bytesToHex(sha256(Uint8Array.from(text, (letter) => letter.charCodeAt(0))))
}

/** SHA-256 of all but the members: what `firewall.commit` names. */
export const rulesDigest = (ruleset: Rules): Hash => {
  const { guarded, admins, admit, overlay } = ruleset
  return digestOf(canonicalRules({ guarded, admins, admit, overlay }))
}

/** A list of members is one object for all hosts of a cluster, and takes some ms to digest: that is done once. */
const DIGESTED = new WeakMap<readonly string[], { readonly servers: readonly string[]; readonly digest: Hash }>()

/** SHA-256 of the members alone. The lists must not be changed afterwards: what was digested once is remembered by them. */
export const membersDigest = ({ nodes, servers }: Members): Hash => {
  const known = DIGESTED.get(nodes)
  if (known?.servers === servers) return known.digest
  const digest = digestOf(canonicalMembers({ nodes, servers }))
  DIGESTED.set(nodes, { servers, digest })
  return digest
}

/** Both digests of a ruleset. */
export const digestsOf = (ruleset: Ruleset): Digests => ({ rules: rulesDigest(ruleset), members: membersDigest(ruleset) })
