import { killChildren, killResident, loseHost } from './agent.ts'
import type { SimAgent } from './agent-state.ts'
import type { SimCoordinator } from './coordinator.ts'
import { killK3s } from './systemd.ts'
import { between, COORDINATOR, type SimWorld } from './world.ts'

/** What faults are done to; `trapCommit`: the coordinator dies at its n-th commit hook from now on. */
export type Victims = { readonly world: SimWorld; readonly agents: readonly SimAgent[]; readonly coordinator: () => SimCoordinator | null; readonly trapCommit: (left: number) => void }

type Fault = (victims: Victims, agent: SimAgent) => void | Promise<void>

const cut = ({ world }: Victims, ways: readonly string[], ms: number): void => {
  const added = ways.filter((way) => !world.cuts.has(way))
  world.note(`cut for ${String(Math.round(ms / 1000))} s: ${added.join(' ')}`)
  for (const way of added) world.cuts.add(way)
  world.timeline.after(ms, () => {
    for (const way of added) world.cuts.delete(way)
  })
}

/** One way or both, as it falls. */
const waysOf = ({ world }: Victims, a: string, b: string): readonly string[] => {
  const ways = [`${a}>${b}`, `${b}>${a}`]
  const fell = between(world, 0, 2)
  return fell === 2 ? ways : ways.slice(fell, fell + 1)
}

const fromCoordinator: Fault = (victims, { machine }) => cut(victims, waysOf(victims, machine.name, COORDINATOR), between(victims.world, 2_000, 120_000))

const fromAnother: Fault = (victims, { machine }) => {
  const others = victims.agents.filter((agent) => agent.machine !== machine)
  const other = others[between(victims.world, 0, others.length - 1)]
  if (other !== undefined) cut(victims, waysOf(victims, machine.name, other.machine.name), between(victims.world, 2_000, 90_000))
}

/** From all other hosts, and the coordinator too where it so falls. */
const fromAll: Fault = (victims, { machine }) => {
  const others = [...victims.agents.map((agent) => agent.machine.name), ...(victims.world.random() < 0.5 ? [COORDINATOR] : [])].filter((name) => name !== machine.name)
  cut(victims, others.flatMap((name) => [`${machine.name}>${name}`, `${name}>${machine.name}`]), between(victims.world, 3_000, 60_000))
}

const noted = (what: string, fault: Fault): Fault => (victims, agent) => {
  victims.world.note(`${agent.machine.name}: ${what}`)
  return fault(victims, agent)
}

const trap: Fault = ({ world }, agent) => {
  agent.trap = { left: between(world, 1, 12), what: world.random() < 0.5 ? 'power' : 'process' }
}

const FAULTS: readonly Fault[] = [
  fromCoordinator,
  fromCoordinator,
  fromAnother,
  fromAnother,
  fromAll,
  trap,
  trap,
  noted('the agent is killed', (_victims, agent) => killResident(agent)),
  noted('its step is killed', (_victims, agent) => killChildren(agent)),
  noted('k3s is killed', ({ world }, { machine }) => killK3s(world, machine)),
  ({ world }, agent) => loseHost(agent, { forMs: between(world, 8_000, 60_000), isOrderly: false }),
  ({ world }, agent) => loseHost(agent, { forMs: between(world, 8_000, 30_000), isOrderly: true }),
  ({ world }, agent) => loseHost(agent, { forMs: between(world, 180_000, 1_200_000), isOrderly: false }),
  ({ world, trapCommit }) => trapCommit(between(world, 1, 25)),
  async ({ world, coordinator }) => {
    world.note('the coordinator is killed')
    await coordinator()?.kill()
  },
]

/** So long faults begin, in ms. */
export const WINDOW = 100_000

/** Plans some faults for the next minute and a half, by the world's dice, most of them early; some worlds are slower than others. */
export const planFaults = (victims: Victims): void => {
  const { world, agents } = victims
  Object.assign(world.weather, { delay: between(world, 2, 800), twice: between(world, 0, 15), late: between(world, 0, 8) })
  world.weather.slow = 1 + world.random() * 4
  const count = between(world, 4, 18)
  for (let index = 0; index < count; index += 1) {
    const fault = FAULTS[between(world, 0, FAULTS.length - 1)]
    const agent = agents[between(world, 0, agents.length - 1)]
    if (fault !== undefined && agent !== undefined) world.timeline.after(between(world, 0, WINDOW * world.random()), () => fault(victims, agent))
  }
  world.timeline.after(WINDOW, () => {
    Object.assign(world.weather, { delay: 20, twice: 0, late: 0 })
    for (const agent of agents) agent.trap = null
  })
}
