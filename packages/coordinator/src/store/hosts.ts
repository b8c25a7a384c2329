import { BARE_TOLD, type HostFactsMessage, type HostId, type Inventory, type NodeSeen, type Said, type SectionName, type Time } from '@drover/protocol'
import { type Db, fromColumn } from './db.ts'
import type { Schema } from './schema.ts'

/** Hashes that tell one machine from another. */
export type MachineHashes = { readonly machineId: string | null; readonly productUuid: string | null; readonly macs: string | null }

/** What is stored of a host. */
export type HostRow = {
  readonly id: HostId
  readonly name: string
  readonly publicKey: Uint8Array
  readonly sealKey: Uint8Array
  readonly sealSerial: number
  readonly state: Schema['host']['state']
  readonly labels: Readonly<Record<string, string>>
  readonly role: Schema['host']['role']
  readonly clusterLimit: string | null
  readonly tokenId: string | null
  readonly address: string | null
  readonly hostname: string
  readonly agentVersion: string
  readonly machine: MachineHashes
  readonly bootCount: number
  readonly journalCount: number
  readonly enrolledAt: Time
  readonly lastSeen: Time | null
  readonly findings: readonly Said[]
  readonly inventory: StoredInventory
  readonly facts: StoredFacts | null
}
/** Inventory sections with the time each was measured, and the least time in microseconds that a connection to other hosts took. */
export type StoredInventory = {
  readonly sections: Inventory
  readonly seenAt: Readonly<Partial<Record<SectionName, Time>>>
  readonly rttUs?: Readonly<Record<string, number>>
}
/** What a server's API said: the nodes by name, or null where they are not known whole. */
export type StoredSight = { readonly ready: boolean; readonly nodes: Readonly<Record<string, NodeSeen>> | null }
/** The last facts of a host with the time they were read. */
export type StoredFacts = {
  readonly value: { readonly facts: HostFactsMessage['facts']; readonly cluster: StoredSight | null }
  readonly seenAt: Time
  /** The boot of the session that told them. */
  readonly boot?: string
}

const toColumns = (row: HostRow): Schema['host'] => ({
  id: row.id,
  name: row.name,
  public_key: Buffer.from(row.publicKey),
  seal_key: Buffer.from(row.sealKey),
  seal_serial: row.sealSerial,
  state: row.state,
  labels: JSON.stringify(row.labels),
  role: row.role,
  cluster_limit: row.clusterLimit,
  token_id: row.tokenId,
  address: row.address,
  hostname: row.hostname,
  agent_version: row.agentVersion,
  machine: JSON.stringify(row.machine),
  boot_count: row.bootCount,
  journal_count: row.journalCount,
  enrolled_at: row.enrolledAt,
  last_seen: row.lastSeen,
  findings: JSON.stringify(row.findings),
  inventory: JSON.stringify(row.inventory),
  facts: row.facts === null ? null : JSON.stringify(row.facts),
})

/** Facts that came with a later version than the one that stored them are as on a bare host. */
const withLater = ({ value, ...seen }: StoredFacts): StoredFacts => ({ value: { ...value, facts: { ...BARE_TOLD, ...value.facts } }, ...seen })

const fromColumns = (row: Schema['host']): HostRow => ({
  id: row.id as HostId,
  name: row.name,
  publicKey: new Uint8Array(row.public_key),
  sealKey: new Uint8Array(row.seal_key),
  sealSerial: row.seal_serial,
  state: row.state,
  labels: fromColumn(row.labels),
  role: row.role,
  clusterLimit: row.cluster_limit,
  tokenId: row.token_id,
  address: row.address,
  hostname: row.hostname,
  agentVersion: row.agent_version,
  machine: fromColumn(row.machine),
  bootCount: row.boot_count,
  journalCount: row.journal_count,
  enrolledAt: row.enrolled_at,
  lastSeen: row.last_seen,
  findings: fromColumn(row.findings),
  inventory: fromColumn(row.inventory),
  facts: row.facts === null ? null : withLater(fromColumn(row.facts)),
})

/** All hosts, also revoked ones. */
export const readHosts = async (db: Db): Promise<HostRow[]> => (await db.selectFrom('host').selectAll().execute()).map(fromColumns)

/** One host by its raw public key, or null. */
export const readHostByKey = async (db: Db, publicKey: Uint8Array): Promise<HostRow | null> => {
  const row = await db.selectFrom('host').selectAll().where('public_key', '=', Buffer.from(publicKey)).executeTakeFirst()
  return row === undefined ? null : fromColumns(row)
}

/** Stores a host whole: a new one or all of its columns anew. */
export const writeHost = async (db: Db, row: HostRow): Promise<void> => {
  const columns = toColumns(row)
  await db.insertInto('host').values(columns).onConflict((on) => on.column('id').doUpdateSet(columns)).execute()
}
