import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { K3S } from '@drover/protocol'
import type { UnitState } from '@drover/agent'
import { makeMember } from './sim-etcd.ts'
import { type SimUnit, type SimWorld, unitOf } from './world.ts'

const DB = `${K3S.data}/server/db`

/** True for the unit in which k3s makes a cluster of one member out of a snapshot. */
export const isReset = (name: string): boolean => name.startsWith('drover-k3s-reset-')

const say = (unit: SimUnit, level: string, text: string): void => void unit.log.push(`time="t" level=${level} msg="${text}"`)

/** Begins `k3s server --cluster-reset`; its data are there when somebody looks at the unit. */
export const beginReset = (world: SimWorld, unit: string, command: readonly string[]): void => {
  delete world.units[unit]
  world.ledger.push('reset')
  Object.assign(unitOf(world, unit), { active: 'active', read: command.find((word) => word.startsWith('--cluster-reset-restore-path='))?.split('=')[1] ?? '' })
  say(unitOf(world, unit), 'info', 'Starting etcd for new cluster, cluster-reset=true')
}

const fill = (root: string, world: SimWorld, snapshot: string): void => {
  world.etcd = null
  rmSync(`${root}${DB}/etcd`, { recursive: true, force: true })
  makeMember(root, world, readFileSync(`${root}${K3S.dropIn}`, 'utf8'))
  mkdirSync(`${root}${DB}/etcd/member/wal`, { recursive: true })
  writeFileSync(`${root}${DB}/etcd/member/restored`, readFileSync(`${root}${snapshot}`))
  writeFileSync(`${root}${DB}/reset-flag`, '')
}

const GONE: UnitState = { load: 'not-found', active: 'inactive', sub: 'dead', enabled: false, restarts: 0, invocation: '', mainPid: 0, stale: false }

const shownState = ({ active, exited }: SimUnit): UnitState => ({ ...GONE, load: 'loaded', active, sub: exited === true ? 'exited' : 'running' })

/** Time passes: the command ends, badly where the snapshot is not there or the world has a fault for it. */
const pass = (root: string, world: SimWorld, unit: SimUnit): void => {
  const snapshot = unit.read ?? ''
  const missing = `Error: starting kubernetes: failed to start cluster: start managed database: etcd: snapshot path does not exist: ${snapshot}`
  const fault = existsSync(`${root}${snapshot}`) ? world.resetFault : missing
  unit.exited = fault === null
  if (fault === null) fill(root, world, snapshot)
  else unit.active = 'failed'
  if (fault !== null) say(unit, 'fatal', fault)
}

/** The state of the unit, seen once; it has ended by the next look. */
export const simReset = (root: string, world: SimWorld, name: string): UnitState => {
  const unit = world.units[name]
  if (unit === undefined) return GONE
  const shown = shownState(unit)
  if (unit.active === 'active' && unit.exited !== true) pass(root, world, unit)
  return shown
}
