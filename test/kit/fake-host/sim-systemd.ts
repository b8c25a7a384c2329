import { existsSync, readFileSync } from 'node:fs'
import { DroverError, ROUTE } from '@drover/protocol'
import type { HostChanges, UnitState } from '@drover/agent'
import { beginK3s, cutMove, finishK3s, isKeptDown } from './sim-k3s.ts'
import { loadNft } from './sim-nft.ts'
import { isReset, simReset } from './sim-reset.ts'
import { beginRoute, endRoute } from './sim-route.ts'
import { changeWorld, type SimUnit, type SimWorld, unitOf } from './world.ts'

const fileOf = (root: string, name: string): string | null => {
  const path = `${root}/etc/systemd/system/${name}.service`
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

const isK3s = (name: string): boolean => name === 'k3s' || name === 'k3s-agent'

/** A oneshot unit has done its work at once: here, it loads a file of rules. */
const runOnce = (root: string, world: SimWorld, name: string): void => {
  const unit = unitOf(world, name)
  const [, path = ''] = /^ExecStart=\S+ -j -f (\S+)$/m.exec(unit.read ?? '') ?? []
  if (path === '' || loadNft(root, world, path) === '') unit.active = 'active'
}

const begin = (root: string, world: SimWorld, name: string): void => {
  const unit = unitOf(world, name)
  if (name === ROUTE.unit) return void (unit.active = beginRoute(root) ? 'active' : 'inactive')
  if (!isK3s(name)) return runOnce(root, world, name)
  world.counter += 1
  unit.active = 'activating'
  unit.invocation = `invocation-${String(world.counter)}`
  unit.log.push(`time="t" level=info msg="Starting ${name}"`)
  beginK3s(root, world, name)
}

/** systemd was told not to start k3s again where it ends. */
const ONCE = '/run/systemd/system/k3s.service.d/90-drover-once.conf'

/** Time passes between two looks: an activating unit comes up, or fails once more. */
const pass = (root: string, world: SimWorld, name: string): void => {
  const unit = unitOf(world, name)
  if (unit.active !== 'activating') return
  if (isKeptDown(root, world)) {
    unit.log.push(world.startFault ?? '')
    if (existsSync(`${root}${ONCE}`)) {
      if (name === 'k3s') cutMove(root, world)
      unit.active = 'failed'
    } else unit.restarts += 1
    return
  }
  unit.active = 'active'
  unit.log.push(`time="t" level=info msg="${name} is up and running"`)
  finishK3s(root, world, name)
}

/** The state of a unit, seen once; seeing lets time pass. */
export const simUnit = (root: string, name: string): UnitState =>
  changeWorld(root, (world) => {
    if (name.endsWith('.timer')) return timerState(name in world.timers)
    if (isReset(name)) return simReset(root, world, name)
    const unit = unitOf(world, name)
    const file = fileOf(root, name)
    unit.read ??= file
    const shown = shownState(unit, file)
    pass(root, world, name)
    return shown
  })

const timerState = (isThere: boolean): UnitState => ({
  load: isThere ? 'loaded' : 'not-found', active: isThere ? 'active' : 'inactive', sub: isThere ? 'waiting' : 'dead',
  enabled: false, restarts: 0, invocation: '', mainPid: 0, stale: false,
})

const shownState = (unit: SimUnit, file: string | null): UnitState => ({
  load: unit.read === null ? 'not-found' : 'loaded',
  active: unit.active,
  sub: unit.exited === true ? 'exited' : unit.active === 'active' ? 'running' : 'dead',
  enabled: unit.enabled && file !== null,
  restarts: unit.restarts,
  invocation: unit.invocation,
  mainPid: unit.active === 'active' ? 100 : 0,
  stale: unit.read !== file,
})

/** Reads all unit files anew. */
export const simReload = (root: string): void =>
  changeWorld(root, (world) => {
    for (const name of new Set(['k3s', 'k3s-agent', ...Object.keys(world.units)])) unitOf(world, name).read = fileOf(root, name)
  })

type Asked = { readonly root: string; readonly world: SimWorld; readonly name: string; readonly unit: SimUnit }
const stop = ({ root, world, name, unit }: Asked): void => {
  if (name === ROUTE.unit && unit.active === 'active') endRoute(root)
  if (unit.active !== 'inactive' && isK3s(name)) world.ledger.push('stop')
  if (unit.active === 'activating' && name === 'k3s') cutMove(root, world)
  unit.active = 'inactive'
  unit.restarts = 0
}

const start = ({ root, world, name, unit }: Asked): void => {
  if (unit.active === 'inactive' || unit.active === 'failed') begin(root, world, name)
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
    if (name.endsWith('.timer')) return void delete world.timers[name]
    if (isReset(name)) return void delete world.units[name]
    const unit = unitOf(world, name)
    unit.read ??= fileOf(root, name)
    if (unit.read === null && verb !== 'reset-failed') throw new DroverError('step.tool', `systemctl ${verb} failed`, { evidence: 'not found' })
    VERBS[verb]({ root, world, name, unit })
  })
