import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DROVER, HostIdSchema, type Order } from '@drover/protocol'
import { fromText, fromUtf8, hostIdOf, signingKey, verifyKey } from '@drover/protocol/node'
import { homeAt, makeHome } from '../../../packages/coordinator/src/home.ts'
import { randomFrom } from '../builders/random.ts'
import { makeHost } from '../wire/identity.ts'
import { startResident } from './agent.ts'
import type { SimAgent } from './agent-state.ts'
import { type SimCoordinator, startCoordinator } from './coordinator.ts'
import { type Disk, putText } from './disk.ts'
import { passEtcd } from './etcd.ts'
import { createJudge, type Judge } from './judge.ts'
import { BINARY, type Story } from './stories.ts'
import { reload } from './systemd.ts'
import { createTimeline } from './timeline.ts'
import { between, type Machine, type SimWorld } from './world.ts'

/** Hosts with their agents, and a coordinator that is started again whenever it dies. */
export type Site = {
  readonly world: SimWorld
  readonly story: Story
  readonly judge: Judge
  readonly agents: readonly SimAgent[]
  /** What happened, a line each, with the seconds since the beginning. */
  readonly trace: readonly string[]
  /** The coordinator; null while it is down. */
  readonly coordinator: () => SimCoordinator | null
  readonly trapCommit: (left: number) => void
  /** True while a trap waits for somebody to die in it. */
  readonly hasTrap: () => boolean
  readonly remove: () => Promise<void>
}

const BEGIN = 1_780_000_000_000
const HALF = 500

/** Nothing here is about a slow disk. */
const folder = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

/** A coordinator's folder with keys, on which nothing has run yet. */
export const makeTemplate = async (): Promise<string> => {
  const root = mkdtempSync(join(folder(), 'drover-sim-'))
  await makeHome(homeAt(root), { version: 1, listen: { host: '127.0.0.1', port: 8443 }, advertise: ['https://10.0.0.1:8443'] })
  return root
}

const machineFrom = (name: string, place: number, publicKey: Uint8Array): Machine => {
  const disk: Disk = new Map()
  for (const path of ['/etc/systemd/system', '/usr/local/bin', '/var/lib/drover/undo']) putText(disk, `${path}/.keep`, '')
  putText(disk, `${DROVER.importFolder}/k3s`, new TextDecoder().decode(BINARY))
  putText(disk, '/proc/net/route', 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\neth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n')
  return { id: HostIdSchema.parse(hostIdOf(publicKey)), name, ip: `10.0.0.${String(place)}`, disk, units: new Map(), transient: new Map(), isOn: true, boots: 1, k3s: null }
}

type Made = { readonly template: string; readonly story: Story; readonly seed: number }

const secretOf = ({ seed, story }: Made, name: string): Uint8Array => createHash('sha256').update(`${story.name} ${String(seed)} ${name}`).digest()

const namesOf = ({ servers, agents }: Story): readonly (readonly [name: string, place: number])[] => [
  ...Array.from({ length: servers }, (_, index): [string, number] => [`s${String(index + 1)}`, 11 + index]),
  ...Array.from({ length: agents }, (_, index): [string, number] => [`w${String(index + 1)}`, 101 + index]),
]

type Held = { coordinator: SimCoordinator | null; trap: number; isRemoved: boolean; readonly trace: string[] }

/** Builds a site: every host enrolled and connected, nothing on any of them. */
export const createSite = async (made: Made): Promise<Site> => {
  const { template, story, seed } = made
  const root = mkdtempSync(join(folder(), 'drover-sim-'))
  cpSync(template, `${root}/home`, { recursive: true, preserveTimestamps: true })
  const held: Held = { coordinator: null, trap: 0, isRemoved: false, trace: [] }
  const timeline = createTimeline(BEGIN)
  const hosts = namesOf(story).map(([name, place]) => {
    const keys = { ...makeHost({ hostname: name }), node: signingKey(secretOf(made, name)) }
    return { keys, machine: machineFrom(name, place, keys.node.publicKey) }
  })
  const judge = createJudge(() => world)
  const world: SimWorld = {
    timeline,
    random: randomFrom(seed),
    machines: hosts.map(({ machine }) => machine),
    stores: [],
    cuts: new Set(),
    weather: { delay: 20, twice: 0, late: 0, slow: 1 },
    deed: (deed) => judge.sees({ at: timeline.now(), ...deed }),
    note: (text) => void held.trace.push(`${((timeline.now() - BEGIN) / 1000).toFixed(1).padStart(7)}  ${text}`),
  }
  await startAgain({ world, held, judge, root })
  const key = held.coordinator?.context.keys.signing.publicKey
  const coordinatorKey = key === undefined ? null : verifyKey(key)
  if (coordinatorKey === null) throw new Error('the coordinator did not start')
  const agents = hosts.map(({ keys, machine }): SimAgent => ({
    world, machine, keys, coordinatorKey, dir: `${root}/${machine.name}`, children: new Map(), resident: null, trap: null,
    dial: async (agent, link) => (await held.coordinator?.accept(agent, link)) ?? false,
    onStep: (_agent, order, isOver) => (isOver ? judge.ends(order) : judge.begins(order)),
    onOrder: (text) => judge.knows(orderIn(text)),
  }))
  for (const agent of agents) {
    reload(agent.machine)
    await held.coordinator?.enrol(agent, { role: agent.machine.name.startsWith('w') ? 'worker' : 'server' })
    startResident(agent)
  }
  passTime(world, judge)
  return {
    world, story, judge, agents,
    trace: held.trace,
    coordinator: () => held.coordinator,
    trapCommit: (left) => void (held.trap = left),
    hasTrap: () => held.trap > 0 || agents.some(({ trap }) => trap !== null),
    remove: async () => {
      held.isRemoved = true
      await held.coordinator?.kill()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

const orderIn = (text: string): Order => JSON.parse(fromUtf8(fromText(text) ?? new Uint8Array()) ?? '') as Order

type Starting = { readonly world: SimWorld; readonly held: Held; readonly judge: Judge; readonly root: string }

/** A coordinator dies at a commit where the trap is set, and is started again after a while. */
const startAgain = async (of: Starting): Promise<void> => {
  const { world, held, judge, root } = of
  const soon = (): void => {
    held.coordinator = null
    if (!held.isRemoved) world.timeline.after(between(world, 1_000, 20_000), () => startAgain(of))
  }
  held.coordinator = await startCoordinator({
    world,
    root: `${root}/home`,
    onPlan: judge.plans,
    onCommit: () => {
      if (held.trap === 0) return false
      held.trap -= 1
      if (held.trap === 0) world.note('the coordinator dies at a commit')
      return held.trap === 0
    },
    onDeath: soon,
  })
  if (held.coordinator === null) soon()
}

const passTime = (world: SimWorld, judge: Judge): void => {
  passEtcd(world)
  judge.passes()
  world.timeline.after(HALF, () => passTime(world, judge))
}
