import { loseHost } from './agent.ts'
import type { Trap } from './agent-state.ts'
import { leaderOf, votersOf } from './etcd.ts'
import { planFaults, WINDOW } from './faults.ts'
import { isApiReady } from './k3s.ts'
import { LATER, runOf, sendPerson, wantsNothing } from './person.ts'
import { createSite, type Site } from './site.ts'
import type { Story } from './stories.ts'
import { COORDINATOR, type Deed, type Machine, type SimStore, type SimWorld } from './world.ts'

/** What came of a story: what must not be, what the run asked, what happened, how long it took in simulated seconds, and whether every trap was sprung. */
export type Told = { readonly faults: readonly string[]; readonly asked: readonly string[]; readonly trace: readonly string[]; readonly seconds: number; readonly isSprung: boolean }

/** What is done to a site, and how long, in simulated ms, it goes on at most. */
export type Disturbance = { readonly ms: number; readonly begin: (site: Site) => void }

/** Which story, by which dice; nothing disturbs it where `disturb` is left out. */
export type Asked = { readonly template: string; readonly story: Story; readonly seed: number; readonly disturb?: Disturbance }

const LIMIT = 3 * 3_600_000
const QUIET = 45_000
/** By then every host has told what it is. */
const BEGINS = 4_000
const NOTHING: Disturbance = { ms: 0, begin: () => undefined }

/** The faults that a seed rolls. */
export const BY_DICE: Disturbance = { ms: WINDOW, begin: ({ world, agents, coordinator, trapCommit }) => planFaults({ world, agents, coordinator, trapCommit }) }

/** A host whose agent, or whose power, goes at one call of its journal's hook. */
export const atAppend = (name: string, trap: Trap): Disturbance => ({
  ms: 0,
  begin: ({ agents }) => {
    for (const agent of agents) if (agent.machine.name === name) agent.trap = { ...trap }
  },
})

/** A coordinator that is killed at one call of its commit hook. */
export const atCommit = (left: number): Disturbance => ({ ms: 0, begin: (site) => site.trapCommit(left) })

/** A host whose power goes a moment after something was done on it. */
export const afterDeed = (what: Deed['what'], ms: number): Disturbance => ({
  ms: 0,
  begin: (site) => {
    const { timeline } = site.world
    const look = (): void => {
      const deed = site.judge.deeds.find((one) => one.what === what)
      const agent = site.agents.find(({ machine }) => machine.name === deed?.machine)
      timeline.after(agent === undefined ? 50 : ms, () => (agent === undefined ? look() : loseHost(agent, { forMs: 20_000, isOrderly: false })))
    }
    look()
  },
})

/** Hosts that hear each other but not the coordinator, for a while. */
export const cutOff = (names: readonly string[], ms: number): Disturbance => ({
  ms,
  begin: ({ world: { cuts, timeline } }) => {
    const ways = names.flatMap((name) => [`${name}>${COORDINATOR}`, `${COORDINATOR}>${name}`])
    for (const way of ways) cuts.add(way)
    timeline.after(ms, () => {
      for (const way of ways) cuts.delete(way)
    })
  },
})

const isServer = ({ name }: Machine): boolean => name.startsWith('s')

/** The hosts that the last spec of a story means. */
const stayersOf = ({ machines }: SimWorld, { servers, stays = servers }: Story): readonly Machine[] => machines.filter((machine) => !isServer(machine) || Number(machine.name.slice(1)) <= stays)

const inEtcd = (world: SimWorld, store: SimStore, stayers: readonly Machine[]): readonly string[] => {
  if (store.kind === 'sqlite') return []
  const voters = votersOf(store).map(({ machine }) => machine).toSorted().join()
  return [
    ...(voters === stayers.filter(isServer).map(({ name }) => name).toSorted().join() ? [] : [`${voters} vote`]),
    ...(store.members.some(({ learner }) => learner) ? ['somebody learns'] : []),
    ...(leaderOf(world, store) === null ? ['nobody leads'] : []),
  ]
}

const isNodeReady = ({ timeline }: SimWorld, store: SimStore, { name }: Machine): boolean => {
  const node = store.nodes.get(name)
  return node?.ready === true && timeline.now() - node.seenAt <= 40_000
}

/** What is not as the last spec of the story wants it, in truth. */
const differences = ({ world }: Site, story: Story): readonly string[] => {
  const machines = stayersOf(world, story)
  const store = machines.find(isServer)?.k3s?.store ?? null
  if (store === null) return ['the first server does not run']
  return [
    ...inEtcd(world, store, machines),
    ...world.machines.filter((machine) => machine.k3s !== null && !machines.includes(machine)).map(({ name }) => `${name} still runs k3s`),
    ...machines.filter((machine) => isServer(machine) && (machine.k3s?.store !== store || !isApiReady(world, machine))).map(({ name }) => `the API of ${name} does not answer`),
    ...machines.filter((machine) => !isNodeReady(world, store, machine)).map(({ name }) => `Node ${name} is not Ready`),
    ...(store.objects.includes(LATER) ? ['what was made after the snapshot is there'] : []),
    ...(store.nodes.size === machines.length ? [] : [`${String(store.nodes.size)} Nodes`]),
  ]
}

/** Nothing comes after the end; a host that loses its power in something that nobody waits for, as the copy of a snapshot, has time to come back. */
const rest = async (isFound: () => boolean, { world: { timeline, machines } }: Site): Promise<void> => {
  const before = machines.map(({ boots }) => boots)
  await timeline.runUntil(isFound, QUIET)
  if (machines.some(({ boots, isOn }, index) => !isOn || boots !== before[index])) await timeline.runUntil(isFound, 3 * QUIET)
}

/** Lives through a story and judges it. */
export const tellStory = async ({ template, story, seed, disturb = NOTHING }: Asked): Promise<Told> => {
  const site = await createSite({ template, story, seed })
  const { world: { timeline, machines }, judge } = site
  const began = timeline.now()
  const person = sendPerson(site)
  const isFound = (): boolean => judge.faults.length > 0
  const isTime = (): boolean => isFound() || story.goesBack !== true || person.back === 'approved'
  const isDone = (): boolean => wantsNothing(site, person) && runOf(site.coordinator())?.kind === 'done' && machines.every(({ isOn }) => isOn)
  try {
    await timeline.runUntil(isFound, BEGINS)
    await timeline.runUntil(isTime, LIMIT)
    disturb.begin(site)
    await timeline.runUntil(isFound, disturb.ms)
    const isOver = await timeline.runUntil(() => isDone() || isFound(), LIMIT)
    const seconds = Math.round((timeline.now() - began) / 1000)
    if (isOver) await rest(isFound, site)
    const late = isOver ? [] : [`after ${String(seconds)} s the run is still ${JSON.stringify(runOf(site.coordinator()))}`]
    const faults = isFound() || !isOver ? [...late, ...judge.faults] : differences(site, story)
    return { faults, asked: person.asked, trace: site.trace, seconds, isSprung: !site.hasTrap() }
  } finally {
    await site.remove()
  }
}
