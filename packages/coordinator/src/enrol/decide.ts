import { type HelloBody, type HostId, type Said, say, type Time } from '@drover/protocol'
import type { Decide, Decision, EnrolGreeting, Greeting, ResumeGreeting } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { hostIdOf } from '../new-id.ts'
import type { Db } from '../store/db.ts'
import { type HostRow, readHostByKey, writeHost } from '../store/hosts.ts'
import { type JoinTokenRow, readJoinToken, spendJoinToken, spentAt } from '../store/join-tokens.ts'
import { addressIn } from './address-in.ts'
import { freeName, machineFindings } from './same-machine.ts'

const LOST_REPLY = 600_000

const refused = (code: 'token-refused' | 'unknown-node' | 'revoked' | 'suspended', retryAfterMs = 60_000): Decision => ({ ok: false, code, retryAfterMs })

/** Who may come in: spends join tokens, recognises hosts, takes back hosts that an older backup has forgotten. */
export const createDecide = (context: Context): Decide => ({
  tokenKey: async (id) => (await readJoinToken(context.db, id))?.publicKey ?? null,
  enrol: (greeting) => enrol(context, greeting),
  resume: (greeting) => resume(context, greeting),
})

const enrol = async (context: Context, greeting: EnrolGreeting): Promise<Decision> => {
  const now = context.now()
  const known = await readHostByKey(context.db, greeting.nodePub)
  if (known !== null) return repeated(context, { known, greeting, now })
  const token = await readJoinToken(context.db, greeting.tokenId)
  if (token === null) return refused('token-refused')
  const host = newHost(context, { greeting, token, now })
  const spent = await context.db.transaction().execute(async (trx: Db) => {
    if (!(await spendJoinToken(trx, { id: token.id, host: host.id, now }))) return false
    await writeHost(trx, host)
    return true
  })
  if (!spent) return refused('token-refused')
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

const newHost = (context: Context, about: { greeting: EnrolGreeting; token: JoinTokenRow; now: Time }): HostRow => {
  const { greeting, token, now } = about
  const { hello, outside } = { hello: greeting.body, outside: token.cidrs.length > 0 && !token.cidrs.some((cidr) => addressIn(greeting.remoteAddress, cidr)) }
  const others = [...context.world.hosts.values()]
  const replaced = others.find((host) => host.name === token.replaces)
  return {
    ...identity(greeting, hostIdOf(greeting.nodePub)),
    name: replaced === undefined || replaced.state !== 'revoked' ? freeName(others, hello.hostname) : replaced.name,
    state: token.approve === 'manual' || outside ? 'pending' : 'active',
    labels: token.labels,
    role: token.role,
    clusterLimit: token.cluster,
    tokenId: token.id,
    enrolledAt: now,
    lastSeen: now,
    findings: machineFindings(others, hello),
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
  const row: HostRow = { ...known, ...identity(greeting, known.id), ...live(context, known), lastSeen: context.now(), findings: [...known.findings.filter((said) => said.code !== 'host.rolled-back'), ...findings] }
  await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  return admitted(row)
}

const live = (context: Context, known: HostRow): Partial<HostRow> => {
  const held = context.world.hosts.get(known.id)
  return held === undefined ? {} : { inventory: held.inventory, facts: held.facts }
}

const rolledBack = (known: HostRow, hello: HelloBody): Said[] =>
  hello.bootCount < known.bootCount ? [say('host.rolled-back', { host: known.name })] : []

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
