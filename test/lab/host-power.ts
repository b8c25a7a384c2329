import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runOrThrow, type ExecOptions, type ExecResult } from './command.ts'
import { groupMembers, killGroup, killNow } from './control-group.ts'
import type { HostState } from './lab-state.ts'
import { hostFolder, labFolder } from './paths.ts'

/** The switch of a host. */
export interface Power {
  /** Takes the power away: everything in the host is dead when this returns. */
  powerCut(): Promise<void>
  /** Boots a host that is off on its files; gives the milliseconds until its systemd and network stood. */
  boot(): Promise<number>
  /** Lets the host reboot itself. */
  reboot(): Promise<number>
  /** Lets the host shut itself down. */
  shutdown(): Promise<void>
}

/** What the switch needs of its host. */
export interface Powered {
  readonly lab: string
  readonly state: HostState
  readonly leader: () => number | undefined
  readonly exec: (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>
}

const keeper = fileURLToPath(new URL('keep-host.sh', import.meta.url))
const bootLimitMs = 120_000

// what "booted" means: the base of systemd stands and every NIC has its address
const booted = `up() {
  systemctl -q is-active basic.target || return 1
  for nic; do ip -4 -o address show "$nic" | grep -q inet || return 1; done
}
until up "$@"; do sleep 0.03; done`

/** Makes the switch of a host. */
export function powerOf(host: Powered): Power {
  const kept = `${host.state.name}.keeper`
  const isOn = (): boolean => groupMembers(host.lab, kept).length > 0
  return {
    powerCut: async () => {
      const leader = host.leader()
      // Parents before their children and the init last: or else a step sees its tools fail, and journals that before it dies itself.
      const others = groupMembers(host.lab, host.state.name).filter((pid) => pid !== leader).toSorted((a, b) => a - b)
      for (const pid of others) killNow(pid)
      if (leader !== undefined) killNow(leader)
      await end(host)
    },
    boot: async () => {
      if (isOn()) throw new Error(`host ${host.state.name} is on`)
      const begun = performance.now()
      await ready(host, startKeeper(host))
      return Math.round(performance.now() - begun)
    },
    reboot: async () => {
      const before = host.leader()
      const begun = performance.now()
      await host.exec(['systemctl', 'reboot'])
      const over = (): boolean => {
        wakeCommands(host)
        return !isOn()
      }
      await ready(host, over, before)
      return Math.round(performance.now() - begun)
    },
    shutdown: async () => {
      await host.exec(['systemctl', 'poweroff'])
      for (const limit = Date.now() + bootLimitMs; isOn() && Date.now() < limit;) {
        wakeCommands(host)
        await delay(20)
      }
      await end(host)
    },
  }
}

// A host that goes down stops all its processes before it kills them, and nsenter stops with its child: it would then
// never take notice of the child's end, and the host would wait for that for 90 s.
function wakeCommands({ lab, state }: Powered): void {
  for (const pid of groupMembers(lab, `${state.name}.exec`)) killNow(pid, 'SIGCONT')
}

async function ready(host: Powered, ended: () => boolean, not?: number): Promise<void> {
  const { name, nics } = host.state
  const argv = ['sh', '-c', booted, 'sh', ...nics.map((nic) => nic.name)]
  for (const limit = Date.now() + bootLimitMs; ; await delay(20)) {
    if (Date.now() > limit) throw new Error(`host ${name} does not boot; its console says:\n${consoleTail(host)}`)
    if (ended()) throw new Error(`host ${name} ended while it booted; its console says:\n${consoleTail(host)}`)
    const pid = host.leader()
    if (pid === undefined || pid === not) continue
    const result = await host.exec(argv, { timeoutMs: Math.max(1, limit - Date.now()) })
    if (result.code === 0) return
  }
}

async function end({ lab, state }: Powered): Promise<void> {
  for (const group of [state.name, `${state.name}.keeper`, `${state.name}.exec`]) await killGroup(lab, group)
  await runOrThrow(['sh', keeper, 'unplug', labFolder(lab), state.name])
}

// the keeper outlives us, as a lab may be left running; gives whether it ended
function startKeeper({ lab, state }: Powered): () => boolean {
  const log = openSync(join(hostFolder(lab, state.name), 'console.log'), 'a')
  const child = spawn('sh', [keeper, 'keep', labFolder(lab), state.name], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: { PATH: process.env['PATH'], SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'yes', LANG: 'C.UTF-8' },
  })
  closeSync(log)
  child.unref()
  return () => child.exitCode !== null || child.signalCode !== null
}

function consoleTail({ lab, state }: Powered): string {
  return readFileSync(join(hostFolder(lab, state.name), 'console.log'), 'utf8').trim().split('\n').slice(-15).join('\n')
}
