import { configOf, Fatal, newStore, OBJECTS } from './datastore.ts'
import { textOf } from './disk.ts'
import { newMember } from './etcd.ts'
import { memberName, putMember } from './k3s.ts'
import type { Work } from './timeline.ts'
import { between, type Machine, type SimNode, type SimStore, type SimUnit, type SimWorld } from './world.ts'

/** A run of `k3s server --cluster-reset` in a unit of its own. */
type Reset = { readonly world: SimWorld; readonly machine: Machine; readonly unit: SimUnit; readonly work: Work; readonly from: string; readonly by: string | null }

type Saved = { readonly objects: readonly string[]; readonly nodes: readonly SimNode[] }

/** What a member gives as a copy of itself. */
export const savedText = ({ objects, nodes }: SimStore): string => JSON.stringify({ objects, nodes: [...nodes.values()] } satisfies Saved)

const labour = ({ world, work }: Reset, least: number, most: number): Promise<void> => world.timeline.pause(work, between(world, least, most) * world.weather.slow)

/** The member is there a while before the data are whole. */
const reset = async (run: Reset): Promise<void> => {
  const { world, machine, unit, from, by } = run
  await labour(run, 600, 1_500)
  if (machine.k3s !== null) throw new Fatal('failed to lock the data: k3s runs')
  const text = textOf(machine.disk, from)
  if (text === null) throw new Fatal(`etcd: snapshot path does not exist: ${from}`)
  const store = newStore(world, 'etcd')
  const member = newMember(world, { machine, name: memberName({ world, machine }, configOf(machine).node), learner: false })
  store.members.push(member)
  putMember({ machine }, { store, member: member.id })
  world.deed({ what: 'reset', machine: machine.name, store, by })
  await labour(run, 900, 3_000)
  const saved = JSON.parse(text) as Saved
  store.objects = saved.objects
  for (const node of saved.nodes) store.nodes.set(node.name, { ...node })
  store.saved = true
  world.note(`${machine.name}: a cluster of one member is made out of ${from}, with ${String(saved.objects.length - OBJECTS.length)} more objects than at its beginning`)
  Object.assign(unit, { sub: 'exited' })
}

/** Begins a transient unit, as systemd-run does it; known until it is stopped, or the power goes. */
export const beginReset = (world: SimWorld, machine: Machine, { args, by }: { readonly args: readonly string[]; readonly by: string | null }): void => {
  const valueOf = (option: string): string => args.find((arg) => arg.startsWith(`${option}=`))?.slice(option.length + 1) ?? ''
  const unit: SimUnit = { read: '', active: 'active', sub: 'running', enabled: false, invocation: String(world.timeline.now()), restarts: 0, log: [] }
  const work = world.timeline.begin()
  machine.transient.set(valueOf('--unit'), { unit, work })
  void reset({ world, machine, unit, work, from: valueOf('--cluster-reset-restore-path'), by })
    .catch((error: unknown) => {
      if (!(error instanceof Fatal)) throw error
      unit.log.push(`time="t" level=fatal msg=${JSON.stringify(error.message)}`)
      Object.assign(unit, { active: 'failed', sub: 'failed' })
    })
    .finally(() => world.timeline.end(work))
}

/** Stops a transient unit, whatever it was doing; systemd forgets it. */
export const endReset = (world: SimWorld, { transient }: Machine, name: string): void => {
  const held = transient.get(name)
  if (held !== undefined) world.timeline.end(held.work)
  transient.delete(name)
}
