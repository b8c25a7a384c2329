import { existsSync, readFileSync } from 'node:fs'
import { DroverError, ROUTE } from '@drover/protocol'
import type { HostChanges, UnitState } from '@drover/agent'
import { beginK3s, finishK3s, isKeptDown } from './sim-k3s.ts'
import { beginRoute, endRoute } from './sim-route.ts'
import { changeWorld, type SimUnit, type SimWorld, unitOf } from './world.ts'

const fileOf = (root: string, name: string): string | null => {
  const path = `${root}/etc/systemd/system/${name}.service`
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

const begin = (root: string, world: SimWorld, name: string): void => {
  const unit = unitOf(world, name)
  world.counter += 1
  if (name === ROUTE.unit) return void (unit.active = beginRoute(root) ? 'active' : 'inactive')
  unit.active = 'activating'
  unit.invocation = `invocation-${String(world.counter)}`
  unit.log.push(`time="t" level=info msg="Starting ${name}"`)
  beginK3s(root, world, name)
}

/** Time passes between two looks: an activating unit comes up, or fails once more. */
const pass = (root: string, world: SimWorld, name: string): void => {
  const unit = unitOf(world, name)
  if (unit.active !== 'activating') return
  if (isKeptDown(root, world)) {
    unit.restarts += 1
    unit.log.push(world.startFault ?? '')
    return
  }
  unit.active = 'active'
  unit.log.push(`time="t" level=info msg="${name} is up and running"`)
  finishK3s(root, world, name)
}

/** The state of a unit, seen once; seeing lets time pass. */
export const simUnit = (root: string, name: string): UnitState =>
  changeWorld(root, (world) => {
    const unit = unitOf(world, name)
    const file = fileOf(root, name)
    unit.read ??= file
    const shown = shownState(unit, file)
    pass(root, world, name)
    return shown
  })

const shownState = (unit: SimUnit, file: string | null): UnitState => ({
  load: unit.read === null ? 'not-found' : 'loaded',
  active: unit.active,
  sub: unit.active === 'active' ? 'running' : 'dead',
  enabled: unit.enabled && file !== null,
  restarts: unit.restarts,
  invocation: unit.invocation,
  mainPid: unit.active === 'active' ? 100 : 0,
  stale: unit.read !== file,
})

/** Reads all unit files anew. */
export const simReload = (root: string): void =>
  changeWorld(root, (world) => {
    for (const name of ['k3s', 'k3s-agent', ROUTE.unit]) unitOf(world, name).read = fileOf(root, name)
  })

type Asked = { readonly root: string; readonly world: SimWorld; readonly name: string; readonly unit: SimUnit }
const stop = ({ root, world, name, unit }: Asked): void => {
  if (name === ROUTE.unit) {
    if (unit.active === 'active') endRoute(root)
    unit.active = 'inactive'
    return
  }
  if (unit.active !== 'inactive') world.ledger.push('stop')
  unit.active = 'inactive'
  unit.restarts = 0
}

const start = ({ root, world, name, unit }: Asked): void => {
  if (unit.active === 'inactive') begin(root, world, name)
}

const VERBS: { readonly [V in Parameters<HostChanges['unitDo']>[0]]: (asked: Asked) => void } = {
  enable: ({ unit }) => void (unit.enabled = true),
  disable: ({ unit }) => void (unit.enabled = false),
  stop,
  start,
  restart: (asked) => {
    stop(asked)
    start(asked)
  },
  'reset-failed': () => undefined,
}

/** What systemctl does; a unit without a file cannot be started or enabled. */
export const simUnitDo = (root: string, verb: Parameters<HostChanges['unitDo']>[0], name: string): void =>
  changeWorld(root, (world) => {
    const unit = unitOf(world, name)
    unit.read ??= fileOf(root, name)
    if (unit.read === null && verb !== 'reset-failed') throw new DroverError('step.tool', `systemctl ${verb} failed`, { evidence: 'not found' })
    VERBS[verb]({ root, world, name, unit })
  })
