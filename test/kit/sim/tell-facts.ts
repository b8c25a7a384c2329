import { type HostReading, readFacts, readFences, readHead } from '@drover/agent'
import type { HelloFacts } from '@drover/protocol'
import { type Resident, type SimAgent, tell } from './agent-state.ts'
import { hostOf, readApi } from './host.ts'

/** Reading takes real time here: nobody is told more often than so many ms apart. */
const PACE = { observed: 1_500, rest: 15_000, silent: 30_000 } as const

/** Reads the facts after a while, instead of when it was planned to. */
export const factsSoon = (agent: SimAgent, resident: Resident, { ms, isOwed }: { readonly ms: number; readonly isOwed: boolean }): void => {
  const { world } = agent
  resident.told.timer()
  resident.told.timer = world.timeline.after(ms, async () => {
    if (resident.work.dead) return
    await tellFacts(agent, resident, isOwed)
    const isObserved = world.timeline.now() < resident.until
    factsSoon(agent, resident, { ms: isObserved ? Math.max(PACE.observed, resident.everyMs) : PACE.rest, isOwed: false })
  })
}

const tellFacts = async (agent: SimAgent, resident: Resident, isOwed: boolean): Promise<void> => {
  const { world, machine } = agent
  if (resident.link === null) return
  const reading = await readFacts({ host: hostOf({ world, machine, caller: { work: resident.work, by: null } }), cluster: async () => readApi(world, machine) })
  const text = JSON.stringify(reading)
  const now = world.timeline.now()
  const { told } = resident
  if (!isOwed && text === told.text && now - told.at < PACE.silent && now >= resident.until) return
  Object.assign(told, { text, at: now })
  const cluster = await tellNodes(agent, resident, reading.cluster)
  await tell(agent, resident, { frame: { t: 'facts', body: { ageMs: 0, facts: reading.facts, cluster } }, ack: false })
}

/** The nodes go ahead of the facts that name their reading. */
const tellNodes = async (agent: SimAgent, resident: Resident, cluster: HostReading['cluster']): Promise<{ ready: boolean; nodes: number | null } | null> => {
  if (cluster === null) return null
  if (cluster.nodes === null) return { ready: cluster.ready, nodes: null }
  const { told } = resident
  const nodes = JSON.stringify(cluster.nodes)
  if (nodes !== told.nodes) Object.assign(told, { nodes, reading: told.reading + 1 })
  await tell(agent, resident, { frame: { t: 'nodes', body: { reading: told.reading, part: 0, parts: 1, nodes: cluster.nodes } }, ack: false })
  return { ready: cluster.ready, nodes: told.reading }
}

/** What the host says of itself as it connects. */
export const helloOf = async ({ world, machine, keys }: SimAgent): Promise<HelloFacts> => {
  const host = hostOf({ world, machine, caller: { work: world.timeline.begin(false), by: null } })
  const boots = String(machine.boots).padStart(12, '0')
  return { ...keys.facts, bootId: `00000000-0000-4000-8000-${boots}`, bootCount: machine.boots, journalHead: await readHead(host), maxEpochSeen: (await readFences(host)).epoch }
}
