import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { type AppendHook, type AttemptId, createExecutor, createReportOutbox, encodeRecord, type Executor, type JournalRecord, journalName, runJournaled } from '@drover/agent'
import type { ForAgent, OrderReport, SignedOrderText } from '@drover/protocol'
import { inventoryOf } from '../coordinator/scripted-host.ts'
import { type Resident, type SimAgent, tell } from './agent-state.ts'
import { hostOf } from './host.ts'
import { beat, type Frame, hangUp, type Link, newEnd } from './link.ts'
import { boot, cutPower } from './systemd.ts'
import { factsSoon } from './tell-facts.ts'
import type { Work } from './timeline.ts'
import { between, COORDINATOR, isOpen } from './world.ts'

class Killed extends Error {}

const START = { least: 500, most: 3_000 } as const
const keyOf = ({ order, attempt }: AttemptId): string => journalName({ order, attempt })

/** The agent's process, and nothing else, is killed; systemd starts it again. */
export const killResident = (agent: SimAgent): void => {
  endResident(agent, true)
  startSoon(agent)
}

const endResident = (agent: SimAgent, isTold: boolean): void => {
  const { world, resident } = agent
  if (resident === null) return
  agent.resident = null
  resident.executor.stop()
  world.timeline.end(resident.work)
  if (resident.link !== null) hangUp(world, resident.link, { side: 'agent', isTold })
}

const startSoon = (agent: SimAgent): void => {
  const { world, machine } = agent
  const { boots } = machine
  world.timeline.after(between(world, START.least, START.most), () => {
    if (machine.isOn && machine.boots === boots && agent.resident === null) startResident(agent)
  })
}

/** All children of steps are killed; the resident process starts them again. */
export const killChildren = (agent: SimAgent): void => {
  for (const end of agent.children.values()) end()
}

/** The power of the host goes, and comes back after a while. What was not on the disk yet is lost. */
export const loseHost = (agent: SimAgent, { forMs, isOrderly }: { readonly forMs: number; readonly isOrderly: boolean }): void => {
  const { world, machine } = agent
  if (!machine.isOn) return
  world.note(`${machine.name}: ${isOrderly ? 'reboots' : 'loses its power'} for ${String(Math.round(forMs / 1000))} s`)
  endResident(agent, isOrderly)
  killChildren(agent)
  cutPower(world, machine)
  for (const name of readdirSync(agent.dir)) if (name.includes('.said')) rmSync(`${agent.dir}/${name}`)
  world.timeline.after(forMs, () => {
    boot(world, machine)
    startSoon(agent)
  })
}

/** Half of a record is on the disk when the power goes: it was never promised. */
const tear = (agent: SimAgent, id: AttemptId, record: JournalRecord): void => {
  const bytes = encodeRecord(record)
  appendFileSync(`${agent.dir}/${journalName(id)}`, bytes.subarray(0, Math.floor(agent.world.random() * bytes.length)))
}

/** Called around each record: dies where the trap is set. */
const hookOf = (agent: SimAgent, of: { readonly work: Work; readonly die: () => void; readonly id?: AttemptId }): AppendHook => (when, record) => {
  if (of.work.dead) throw new Killed('killed')
  const { trap, world, machine } = agent
  if (trap === null) return
  trap.left -= 1
  if (trap.left > 0) return
  agent.trap = null
  world.note(`${machine.name}: ${trap.what} dies ${when} ${record.type}`)
  if (trap.what === 'power') {
    if (when === 'before' && of.id !== undefined) tear(agent, of.id, record)
    loseHost(agent, { forMs: between(world, 10_000, 60_000), isOrderly: false })
  } else of.die()
  throw new Killed('killed')
}

const startChild = (agent: SimAgent, id: AttemptId, limitMs: number): void => {
  const { world, machine, children, keys, dir } = agent
  const work = world.timeline.begin()
  const gone = (): void => {
    if (!work.dead) agent.onStep(agent, id.order, true)
    world.timeline.end(work)
    if (children.get(keyOf(id)) === gone) children.delete(keyOf(id))
  }
  children.set(keyOf(id), gone)
  agent.onStep(agent, id.order, false)
  world.timeline.after(limitMs, gone)
  const timeout = (ms: number): AbortSignal => {
    const ends = new AbortController()
    world.timeline.after(ms, () => void (work.dead || ends.abort()))
    return ends.signal
  }
  runJournaled(id, {
    dir,
    host: (signal) => hostOf({ world, machine, caller: { work, by: id.order, signal } }),
    coordinatorKey: async () => agent.coordinatorKey,
    sealKey: async () => keys.sealSecret,
    hook: hookOf(agent, { work, die: gone, id }),
    clock: { monotonic: world.timeline.now, timeout },
  }).then(gone, (error: unknown) => {
    if (!(error instanceof Killed)) world.note(`${machine.name}: a step broke: ${String(error)}`)
    gone()
  })
}

const isEnd = ({ state }: OrderReport): boolean => state === 'done' || state === 'failed' || state === 'refused'

const executorOf = (agent: SimAgent, work: Work): Executor => {
  const { world, machine, dir, children } = agent
  return createExecutor({
    dir,
    host: hostOf({ world, machine, caller: { work, by: null } }),
    hostId: machine.id,
    coordinatorKey: () => agent.coordinatorKey,
    serverNow: () => (agent.resident?.work === work && agent.resident.heardCoordinator ? world.timeline.now() : null),
    launcher: { start: async (id, limitMs) => startChild(agent, id, limitMs), isRunning: async (id) => children.has(keyOf(id)) },
    onReport: (report) => reported(agent, work, report),
    onTrouble: (text) => work.dead || world.note(`${machine.name}: ${text}`),
    lookEveryMs: 1_000,
    pause: (ms) => world.timeline.pause(work, ms),
    hook: hookOf(agent, { work, die: () => killResident(agent) }),
  })
}

const reported = (agent: SimAgent, work: Work, report: OrderReport): void => {
  const { resident } = agent
  if (resident === null || resident.work !== work) return
  resident.outbox.deliver(report)
  if (isEnd(report)) factsSoon(agent, resident, { ms: 20, isOwed: true })
}

/** Starts the resident process: it goes on with what its journals hold, and looks for the coordinator. */
export const startResident = (agent: SimAgent): void => {
  const { world } = agent
  mkdirSync(agent.dir, { recursive: true })
  const work = world.timeline.begin(false)
  const executor = executorOf(agent, work)
  const outbox = createReportOutbox({
    orders: { pending: executor.pending, acknowledge: async (report) => void (work.dead || executor.acknowledge(report.order, report.attempt)) },
    send: (body, ack) => (agent.resident === null ? Promise.reject(new Error('not connected')) : tell(agent, agent.resident, { frame: { t: 'report', body }, ack })),
  })
  const resident: Resident = {
    work, executor, outbox, acks: new Map(), link: null, heardCoordinator: false, everyMs: 0, until: 0, sent: 0,
    told: { text: '', nodes: '', reading: 0, at: 0, timer: () => undefined },
  }
  agent.resident = resident
  executor.start()
  factsSoon(agent, resident, { ms: 1_000, isOwed: false })
  dialSoon(agent, resident, 100)
}

const dialSoon = (agent: SimAgent, resident: Resident, ms: number): void => {
  agent.world.timeline.after(ms, async () => {
    if (resident.work.dead || resident.link !== null) return
    const { world, machine } = agent
    if (!isOpen(world, machine.name, COORDINATOR) || !isOpen(world, COORDINATOR, machine.name) || !(await open(agent, resident))) {
      dialSoon(agent, resident, between(world, 1_000, 4_000))
    }
  })
}

const open = async (agent: SimAgent, resident: Resident): Promise<boolean> => {
  const { world, machine } = agent
  const failAll = (): void => {
    for (const { reject } of resident.acks.values()) reject(new Error('the session ended'))
    resident.acks.clear()
  }
  const agentEnd = newEnd(world, {
    take: (frame) => taken(agent, resident, frame),
    closed: async () => {
      resident.link = null
      failAll()
      dialSoon(agent, resident, between(world, 500, 3_000))
    },
  })
  const link: Link = { machine: machine.name, ends: { agent: agentEnd, coordinator: newEnd(world, { take: async () => undefined, closed: async () => undefined }) } }
  resident.link = link
  if (!(await agent.dial(agent, link))) {
    resident.link = null
    return false
  }
  Object.assign(resident, { heardCoordinator: true })
  beat(world, link, 'agent')
  beat(world, link, 'coordinator')
  resident.outbox.resend()
  await tellInventory(agent, resident, link)
  factsSoon(agent, resident, { ms: 10, isOwed: true })
  return true
}

/** Told as long as the session lasts: an old one is not planned on. */
const INVENTORY_EVERY = 600_000

const tellInventory = async (agent: SimAgent, resident: Resident, link: Link): Promise<void> => {
  if (resident.work.dead || resident.link !== link) return
  await tell(agent, resident, { frame: { t: 'inventory', body: { ageMs: { hardware: 0, network: 0, state: 0 }, sections: inventoryOf(agent.machine) } }, ack: false })
  agent.world.timeline.after(INVENTORY_EVERY, () => tellInventory(agent, resident, link))
}

const taken = async (agent: SimAgent, resident: Resident, { t, body }: Frame): Promise<void> => {
  if (resident.work.dead) return
  if (t === 'order') {
    const signed = body as SignedOrderText
    agent.onOrder(signed.order)
    return resident.executor.submit(signed)
  }
  if (t === 'ack') {
    resident.acks.get(body as number)?.resolve()
    resident.acks.delete(body as number)
  }
  if (t !== 'observe') return
  const { everyMs, forMs } = body as ForAgent<'observe'>
  Object.assign(resident, { everyMs, until: agent.world.timeline.now() + forMs })
  factsSoon(agent, resident, { ms: everyMs, isOwed: false })
}
