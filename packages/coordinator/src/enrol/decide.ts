import { type HelloBody, type HostId, type Said, say, type Time } from '@drover/protocol'
import type { Decide, Decision, EnrolGreeting, Greeting, ResumeGreeting } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { hostIdOf } from '../new-id.ts'
import { hasAuthority } from '../store/api-tokens.ts'
import { type HostRow, readHostByKey, writeHost } from '../store/hosts.ts'
import { type JoinTokenRow, readJoinToken, spendJoinToken, spentAt } from '../store/join-tokens.ts'
import { transact } from '../store/transact.ts'
import { clusterOf, hostByName } from '../world/world.ts'
import { addressIn } from './address-in.ts'
import { forgetHost, gone } from './gone.ts'
import { freeName, machineFindings } from './same-machine.ts'

const LOST_REPLY = 600_000

const refused = (code: 'token-refused' | 'unknown-node' | 'revoked' | 'suspended', retryAfterMs = 60_000): Decision => ({ ok: false, code, retryAfterMs })

/** Who may come in: spends join tokens, recognises hosts, takes back hosts that an older backup has forgotten. */
export const createDecide = (context: Context): Decide => ({
  tokenKey: async (id) => (await readJoinToken(context.db, id))?.publicKey ?? null,
  enrol: (greeting) => context.turn(() => enrol(context, greeting)),
  resume: (greeting) => context.turn(() => resume(context, greeting)),
})

const enrol = async (context: Context, greeting: EnrolGreeting): Promise<Decision> => {
  const now = context.now()
  const known = await readHostByKey(context.db, greeting.nodePub)
  if (known !== null) return repeated(context, { known, greeting, now })
  const token = await readJoinToken(context.db, greeting.tokenId)
  if (token === null || !(await hasAuthority(context.db, token.createdBy, now))) return refused('token-refused')
  const replaced = replacedBy(context, token)
  const host = newHost(context, { greeting, token, replaced, now })
  const spent = await transact(context.db, async (trx) => {
    if (!(await spendJoinToken(trx, { id: token.id, host: host.id, now }))) return false
    if (replaced !== null) await writeHost(trx, gone(replaced))
    await writeHost(trx, host)
    return true
  })
  if (!spent) return refused('token-refused')
  if (replaced !== null) forgetHost(context, replaced.id)
  context.world.hosts.set(host.id, host)
  context.log.info({ host: host.name, address: greeting.remoteAddress }, 'host enrolled')
  await context.tell({ at: now, host: host.name, said: say('host.enrolled', { host: host.name, address: greeting.remoteAddress }) })
  return admitted(host)
}

/** The answer was lost and the host tries again within ten minutes: the same host, nothing spent twice. */
const repeated = async (context: Context, about: { known: HostRow; greeting: EnrolGreeting; now: Time }): Promise<Decision> => {
  const at = await spentAt(context.db, { id: about.greeting.tokenId, host: about.known.id })
  if (at === null || about.now - at > LOST_REPLY) return refused('token-refused')
  return about.known.state === 'revoked' ? refused('revoked', 3_600_000) : admitted(about.known)
}

/** The reinstalled host whose place a token gives away; one that is connected or works in a cluster keeps it. */
const replacedBy = ({ world }: Context, token: JoinTokenRow): HostRow | null => {
  const host = token.replaces === null ? null : hostByName(world, token.replaces)
  return host === null || world.live.get(host.id)?.online === true || clusterOf(world, host.id) !== null ? null : host
}

const newHost = (context: Context, about: { greeting: EnrolGreeting; token: JoinTokenRow; replaced: HostRow | null; now: Time }): HostRow => {
  const { greeting, token, replaced, now } = about
  const { hostname } = greeting.body
  const isOutside = token.cidrs.length > 0 && !token.cidrs.some((cidr) => addressIn(greeting.remoteAddress, cidr))
  const others = [...context.world.hosts.values()].filter((host) => host !== replaced)
  return {
    ...identity(greeting, hostIdOf(greeting.nodePub)),
    name: replaced?.name ?? freeName(others, token.replaces ?? hostname),
    state: token.approve === 'manual' || isOutside ? 'pending' : 'active',
    labels: { ...replaced?.labels, ...token.labels },
    role: token.role,
    clusterLimit: token.cluster,
    tokenId: token.id,
    enrolledAt: now,
    lastSeen: now,
    findings: machineFindings(others, greeting.body),
    inventory: { sections: {}, seenAt: {} },
    facts: null,
  }
}

type Identity = Pick<HostRow, 'id' | 'publicKey' | 'sealKey' | 'sealSerial' | 'address' | 'hostname' | 'agentVersion' | 'machine' | 'bootCount' | 'journalCount'>

const identity = (greeting: Greeting, id: HostId): Identity => ({
  id,
  publicKey: greeting.nodePub,
  sealKey: greeting.sealPub,
  sealSerial: greeting.body.sealSerial,
  address: greeting.remoteAddress,
  hostname: greeting.body.hostname,
  agentVersion: greeting.body.agentVersion,
  machine: greeting.body.machine,
  bootCount: greeting.body.bootCount,
  journalCount: greeting.body.journalHead.count,
})

const resume = async (context: Context, greeting: ResumeGreeting): Promise<Decision> => {
  const known = await readHostByKey(context.db, greeting.nodePub)
  if (known === null) return greeting.claimed === null ? refused('unknown-node') : takeBack(context, greeting)
  if (known.state === 'revoked') return refused('revoked', 3_600_000)
  const findings = rolledBack(known, greeting.body)
  const row: HostRow = { ...known, ...identity(greeting, known.id), ...live(context, known), lastSeen: context.now(), findings: [...known.findings, ...findings] }
  await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  for (const said of findings) await context.tell({ at: context.now(), host: row.name, said })
  return admitted(row)
}

const live = (context: Context, known: HostRow): Partial<HostRow> => {
  const held = context.world.hosts.get(known.id)
  return held === undefined ? {} : { inventory: held.inventory, facts: held.facts }
}

/** Fewer boots or fewer orders than it told before: it stays found until a person has seen it, since the next session tells the same numbers again. */
const rolledBack = (known: HostRow, hello: HelloBody): Said[] => {
  const isOlder = hello.bootCount < known.bootCount || hello.journalHead.count < known.journalCount
  return isOlder && !known.findings.some((said) => said.code === 'host.rolled-back') ? [say('host.rolled-back', { host: known.name })] : []
}

/** Our own signature says that this key is a host: a coordinator set back to an older backup takes it in again. */
const takeBack = async (context: Context, greeting: ResumeGreeting): Promise<Decision> => {
  const others = [...context.world.hosts.values()]
  const row: HostRow = {
    ...identity(greeting, hostIdOf(greeting.nodePub)),
    name: freeName(others, greeting.body.hostname),
    state: 'active',
    labels: {},
    role: 'any',
    clusterLimit: null,
    tokenId: null,
    enrolledAt: greeting.claimed?.at ?? context.now(),
    lastSeen: context.now(),
    findings: machineFindings(others, greeting.body),
    inventory: { sections: {}, seenAt: {} },
    facts: null,
  }
  await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  return admitted(row)
}

const admitted = (host: HostRow): Decision => ({
  ok: true,
  nodeId: host.id,
  state: host.state === 'pending' ? 'pending' : host.state === 'suspended' ? 'suspended' : 'active',
  serial: 1,
  enrolledAt: host.enrolledAt,
})
