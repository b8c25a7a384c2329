import { DroverError } from '@drover/protocol'
import type { HostChanges, UnitState } from '@drover/agent'
import { dropTree, textOf } from './disk.ts'
import { runK3s } from './k3s.ts'
import { endReset } from './reset.ts'
import type { K3sUnit, Machine, SimUnit, SimWorld } from './world.ts'

const UNITS: readonly K3sUnit[] = ['k3s', 'k3s-agent']
const RESTART = 5_000

const fileOf = ({ disk }: Machine, name: string): string | null => textOf(disk, `/etc/systemd/system/${name}.service`)

/** A unit that was never started. */
export const newUnit = (): SimUnit => ({ read: null, active: 'inactive', sub: 'dead', enabled: false, invocation: '', restarts: 0, log: [] })

const isK3s = (name: string): name is K3sUnit => UNITS.includes(name as K3sUnit)

const unitIn = ({ units }: Machine, name: K3sUnit): SimUnit => {
  const unit = units.get(name) ?? newUnit()
  units.set(name, unit)
  return unit
}

const UNKNOWN: UnitState = { load: 'not-found', active: 'inactive', sub: 'dead', enabled: false, restarts: 0, invocation: '', mainPid: 0, stale: false }

const showTransient = ({ transient }: Machine, name: string): UnitState => {
  const unit = transient.get(name)?.unit
  return unit === undefined ? UNKNOWN : { ...UNKNOWN, load: 'loaded', active: unit.active, sub: unit.sub, invocation: unit.invocation }
}

/** What `systemctl show` tells of a unit; only those of k3s, and transient ones, are more than not there. */
export const showUnit = (machine: Machine, name: string): UnitState => {
  if (!isK3s(name)) return showTransient(machine, name)
  const unit = unitIn(machine, name)
  const file = fileOf(machine, name)
  unit.read ??= file
  const { active, sub, enabled, restarts, invocation } = unit
  return { load: unit.read === null ? 'not-found' : 'loaded', active, sub, enabled: enabled && file !== null, restarts, invocation, mainPid: machine.k3s === null ? 0 : 100, stale: unit.read !== file }
}

/** Reads all unit files anew. */
export const reload = (machine: Machine): void => {
  for (const name of UNITS) unitIn(machine, name).read = fileOf(machine, name)
}

type Started = { readonly name: K3sUnit; readonly by: string | null }

const begin = (world: SimWorld, machine: Machine, { name, by }: Started): void => {
  const unit = unitIn(machine, name)
  const invocation = `${machine.name}-${String(world.timeline.now())}-${String(unit.log.length)}`
  Object.assign(unit, { active: 'activating', sub: 'start', invocation })
  const log = (level: string, text: string): void => void unit.log.push(`time="t" level=${level} msg=${JSON.stringify(text)}`)
  log('info', `Starting ${name}`)
  const k3s = { work: world.timeline.begin(), etcd: null, store: null, api: false }
  machine.k3s = k3s
  const ready = (): void => void Object.assign(unit, { active: 'active', sub: 'running' })
  void runK3s({ world, machine, unit: name, k3s, by, log, ready }).then((words) => {
    if (k3s.work.dead) return
    log('fatal', words)
    endK3s(world, machine)
    again(world, machine, name)
  })
}

/** The process is gone; nothing of it goes on. */
const endK3s = (world: SimWorld, machine: Machine): void => {
  if (machine.k3s !== null) world.timeline.end(machine.k3s.work)
  machine.k3s = null
}

/** systemd starts what ended by itself again, five seconds later. */
const again = (world: SimWorld, machine: Machine, name: K3sUnit): void => {
  const unit = unitIn(machine, name)
  if (machine.disk.has(`/run/systemd/system/${name}.service.d/90-drover-once.conf`)) return void Object.assign(unit, { active: 'failed', sub: 'failed' })
  Object.assign(unit, { active: 'activating', sub: 'auto-restart', restarts: unit.restarts + 1 })
  const { invocation } = unit
  world.timeline.after(RESTART, () => {
    if (machine.isOn && unit.invocation === invocation && unit.sub === 'auto-restart') begin(world, machine, { name, by: null })
  })
}

/** Somebody kills k3s with SIGKILL. */
export const killK3s = (world: SimWorld, machine: Machine): void => {
  const name = UNITS.find((one) => !isOff(unitIn(machine, one)))
  if (machine.k3s === null || name === undefined) return
  endK3s(world, machine)
  again(world, machine, name)
}

type Asked = { readonly verb: Parameters<HostChanges['unitDo']>[0]; readonly name: string; readonly by: string | null }

const stop = (world: SimWorld, machine: Machine, { name, by }: Started): void => {
  const unit = unitIn(machine, name)
  if (machine.k3s !== null) world.deed({ what: 'stop', machine: machine.name, store: machine.k3s.store ?? machine.k3s.etcd?.store ?? null, by })
  endK3s(world, machine)
  Object.assign(unit, { active: 'inactive', sub: 'dead', restarts: 0 })
}

const isOff = ({ active }: SimUnit): boolean => active === 'inactive' || active === 'failed'

type Does = { readonly stops: boolean; readonly starts: boolean; readonly enables: boolean | null }

const NOTHING: Does = { stops: false, starts: false, enables: null }

const VERBS: { readonly [V in Asked['verb']]: Does } = {
  start: { ...NOTHING, starts: true },
  restart: { ...NOTHING, stops: true, starts: true },
  stop: { ...NOTHING, stops: true },
  enable: { ...NOTHING, enables: true },
  disable: { ...NOTHING, enables: false },
  'reset-failed': NOTHING,
}

/** What systemctl does; a unit without a file cannot be started or enabled. */
export const unitDo = (world: SimWorld, machine: Machine, { verb, name, by }: Asked): void => {
  if (!isK3s(name)) return endReset(world, machine, name)
  const unit = unitIn(machine, name)
  unit.read ??= fileOf(machine, name)
  if (unit.read === null && verb !== 'reset-failed') throw new DroverError('step.tool', `systemctl ${verb} failed`, { evidence: 'not found' })
  const { stops, starts, enables } = VERBS[verb]
  if (enables !== null) unit.enabled = enables
  if (stops && !isOff(unit)) stop(world, machine, { name, by })
  if (starts && isOff(unit)) begin(world, machine, { name, by })
}

/** The power goes: what was in memory is lost. */
export const cutPower = (world: SimWorld, machine: Machine): void => {
  machine.isOn = false
  endK3s(world, machine)
  for (const name of machine.transient.keys()) endReset(world, machine, name)
  for (const unit of machine.units.values()) Object.assign(unit, { active: 'inactive', sub: 'dead', invocation: '', restarts: 0, read: null })
  dropTree(machine.disk, '/run')
}

/** The host is there again: what is enabled starts by itself. */
export const boot = (world: SimWorld, machine: Machine): void => {
  machine.isOn = true
  machine.boots += 1
  reload(machine)
  for (const name of UNITS) if (unitIn(machine, name).enabled && fileOf(machine, name) !== null) begin(world, machine, { name, by: null })
}
