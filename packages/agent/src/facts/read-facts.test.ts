import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BARE_TOLD, ClaimSchema, DROVER, HostFactsMessageSchema, K3S, NO_FIREWALL, renderConfig } from '@drover/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeHost } from '../../../../test/kit/fake-host/fake-host.ts'
import { renderMark } from '../core/k3s/marks.ts'
import type { HostReader, UnitState } from '../host/host.ts'
import { settingsDigest } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'
import { createReadFacts, type HostReading, readFacts } from './read-facts.ts'

const SHA = 'a'.repeat(64)
const claim = ClaimSchema.parse({ cluster: 'home', incarnation: 2, seed: 'h-aaaaaaaaaaaaaaaa' })
const stopped: UnitState = { load: 'loaded', active: 'inactive', sub: 'dead', enabled: true, restarts: 0, invocation: '', mainPid: 0, stale: false }
const up = { ready: true, nodes: [] }

describe('readFacts', () => {
  let root: string
  let host: HostReader
  let unit: UnitState
  let log: readonly string[]
  let asked: number
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(`${root}${path}`), { recursive: true })
    writeFileSync(`${root}${path}`, text)
  }
  const read = (): Promise<HostReading> =>
    readFacts({
      host,
      cluster: async () => {
        asked += 1
        return up
      },
      readers: { firewall: async () => NO_FIREWALL },
    })
  const install = (): void => {
    put(K3S.binary, 'binary')
    utimesSync(`${root}${K3S.binary}`, 1_700_000_000, 1_700_000_000)
    const { size, mtimeMs } = statSync(`${root}${K3S.binary}`)
    put(DROVER.installed, renderMark({ version: 'v1.36.2+k3s1', sha256: SHA, bytes: size, modifiedMs: Math.floor(mtimeMs), links: [], images: { 'images.tar.zst': SHA } }))
  }
  const configure = (role: 'server' | 'agent'): void => {
    put(K3S.dropIn, renderConfig({ 'node-ip': '10.0.0.11', disable: ['traefik'] }))
    put(`/etc/systemd/system/${role === 'server' ? 'k3s' : 'k3s-agent'}.service`, '[Unit]\n')
    put(DROVER.claim, renderMark(claim))
  }

  beforeEach(() => {
    root = join(mkdtempSync(join(tmpdir(), 'drover-facts-')), 'host')
    ;[unit, log, asked] = [stopped, [], 0]
    host = { ...createFakeHost({ root }), unit: async () => unit, log: async () => ({ lines: log, cursor: '' }) }
  })
  afterEach(() => rmSync(dirname(root), { recursive: true }))

  it('finds nothing on a bare host, nor on one with a k3s that is not ours', async () => {
    const nothing = { facts: { ...BARE_TOLD, route: 'none' }, cluster: null }
    expect(await read()).toEqual(nothing)
    put(K3S.binary, 'foreign')
    put('/etc/systemd/system/k3s.service', '[Unit]\n')
    unit = { ...stopped, active: 'active' }
    expect(await read()).toEqual(nothing)
    expect(asked).toBe(0)
  })

  it('takes the word of the mark while the binary is the file that was installed', async () => {
    install()
    expect((await read()).facts).toMatchObject({ binary: { version: 'v1.36.2+k3s1', sha256: SHA }, images: { 'images.tar.zst': SHA } })
    put(K3S.binary, 'replaced by hand')
    expect((await read()).facts.binary).toBeNull()
    rmSync(`${root}${K3S.binary}`)
    expect((await read()).facts.binary).toBeNull()
    put(DROVER.installed, '{"version":')
    expect((await read()).facts).toMatchObject({ binary: null, images: {} })
  })

  it('shows the drop-in as it is and who overrides it', async () => {
    configure('server')
    put(`${K3S.dropIns}/60-mine.yaml`, 'node-ip: 10.9.9.9\n')
    put(`${K3S.dropIns}/70-notes.txt`, 'disable: []\n')
    put(`${K3S.dropIns}/10-early.yml`, 'disable: []\n')
    expect((await read()).facts.config).toEqual({
      text: renderConfig({ 'node-ip': '10.0.0.11', disable: ['traefik'] }),
      overridden: { 'node-ip': '60-mine.yaml' },
    })
  })

  it.each([
    ['inactive', 'stopped'],
    ['deactivating', 'stopped'],
    ['activating', 'starting'],
    ['active', 'active'],
    ['reloading', 'active'],
    ['failed', 'failed'],
  ] as const)('a unit that is %s is %s', async (active, state) => {
    configure('agent')
    unit = { ...stopped, active, restarts: 3 }
    expect((await read()).facts.k3s).toEqual({ role: 'agent', state, wasActive: false, current: false, incarnation: 2, restarts: 3, lastFatal: null })
    expect(asked).toBe(0)
  })

  it('is current while binary and settings are those of the last start', async () => {
    install()
    configure('server')
    put(DROVER.wasActive, '')
    unit = { ...stopped, active: 'active', invocation: 'second' }
    put(DROVER.started, renderMark({ binary: SHA, settings: await settingsDigest(host, 'server'), before: 'first', cursor: '', order: 'ord-aaaaaaaaaaaaaaaa', version: 'v1.36.1+k3s1' }))
    const now = await read()
    expect(now.facts.k3s).toMatchObject({ role: 'server', state: 'active', wasActive: true, current: true, runs: 'v1.36.1+k3s1' })
    expect(now.cluster).toEqual(up)
    expect(HostFactsMessageSchema.safeParse({ ageMs: 0, facts: now.facts, cluster: { ready: true, nodes: 1 } }).success).toBe(true)
    put(K3S.dropIn, renderConfig({ 'node-ip': '10.0.0.12' }))
    expect((await read()).facts.k3s?.current).toBe(false)
  })

  it('takes over for a second what it read, for five what takes programs, and nothing where all is to be anew', async () => {
    let [now, firewalls] = [0, 0]
    configure('server')
    unit = { ...stopped, active: 'active' }
    const look = createReadFacts({
      host,
      cluster: async () => {
        asked += 1
        return up
      },
      readers: {
        firewall: async () => {
          firewalls += 1
          return NO_FIREWALL
        },
      },
      monotonic: () => now,
    })
    const states = async (isAnew = false): Promise<unknown> => [(await look(isAnew)).facts.k3s?.restarts, asked, firewalls]
    expect(await states()).toEqual([0, 1, 1])
    unit = { ...unit, restarts: 1 }
    now = 999
    expect(await states()).toEqual([0, 1, 1])
    now = 1_000
    expect(await states()).toEqual([1, 2, 1])
    unit = { ...unit, restarts: 2 }
    expect(await states(true)).toEqual([2, 3, 2])
    now = 6_000
    expect(await states()).toEqual([2, 4, 3])
  })

  it('asks the API of a server while it starts, never of one that is stopped', async () => {
    configure('server')
    unit = { ...stopped, active: 'activating' }
    expect((await read()).cluster).toEqual(up)
    unit = stopped
    expect((await read()).cluster).toBeNull()
    expect(asked).toBe(1)
  })

  it('tells the last fatal line while it does not come up, without secrets', async () => {
    configure('server')
    log = [`time="x" level=fatal msg="token K10${'a'.repeat(64)}::server:verysecret refused"`]
    unit = { ...stopped, active: 'failed' }
    expect((await read()).facts.k3s?.lastFatal).toBe('token [secret] refused')
    unit = { ...stopped, active: 'active' }
    expect((await read()).facts.k3s?.lastFatal).toBeNull()
  })

  it('tells what the kernel has, what our file keeps, what was there before, and who comes after it', async () => {
    put('/proc/sys/kernel/panic', '10\n')
    put('/proc/sys/kernel/panic_on_oops', '-1\n')
    put('/proc/sys/vm/panic_on_oom', 'what?\n')
    put(DROVER.sysctlFile, '# ours\nkernel.panic = 10\nnet.ipv4.ip_forward = 1\n')
    put(DROVER.sysctlBefore, '{"kernel.panic":1}\n')
    put('/usr/lib/sysctl.d/91-vendor.conf', 'kernel.panic = 20\n')
    put('/etc/sysctl.d/95-mine.conf', 'kernel.panic = 60\n')
    mkdirSync(`${root}/run/sysctl.d/99-folder.conf`, { recursive: true })
    symlinkSync('/dev/null', `${root}/etc/sysctl.d/96-hidden.conf`)
    put('/usr/lib/sysctl.d/96-hidden.conf', 'kernel.panic = 0\n')
    const { sysctls } = (await read()).facts
    const later = { 'kernel.panic': { file: '/etc/sysctl.d/95-mine.conf', value: '60' } }
    expect(sysctls).toEqual({ now: { 'kernel.panic': 10, 'kernel.panic_on_oops': -1 }, kept: { 'kernel.panic': 10 }, before: { 'kernel.panic': 1 }, later })
    put(DROVER.sysctlBefore, '{"kernel.panic":')
    expect((await read()).facts.sysctls.before).toEqual({})
  })

  it('a new claim alone leaves it current: k3s does not read it', async () => {
    install()
    configure('server')
    unit = { ...stopped, active: 'active', invocation: 'second' }
    put(DROVER.started, renderMark({ binary: SHA, settings: await settingsDigest(host, 'server'), before: 'first', cursor: '', order: 'ord-aaaaaaaaaaaaaaaa' }))
    put(DROVER.claim, renderMark({ ...claim, incarnation: 3 }))
    expect((await read()).facts.k3s).toMatchObject({ current: true, incarnation: 3 })
  })

  it('names the whole snapshots, newest first, and those that its token opens; at most 64', async () => {
    const meta = (name: string, more: object): void =>
      put(`${DROVER.snapshots}/${name}/meta.json`, JSON.stringify({
        name, cluster: 'home', incarnation: 1, datastore: 'sqlite', at: 1, bytes: 4096, sha256: SHA, grade: 'consistent', objects: 7, version: 'v1.36.2+k3s1', token: '0123456789ab', ...more,
      }))
    put(K3S.serverToken, 'token\n')
    const token = ((await host.sha256(absolutePath(K3S.serverToken))) ?? '').slice(0, 12)
    meta('first', { at: 10, token })
    meta('second', { at: 20 })
    meta('copied', { name: 'first' })
    put(`${DROVER.snapshots}/torn/state.db`, 'half')
    put(`${DROVER.snapshots}/damaged/meta.json`, '{"name":')
    put(`${DROVER.snapshots}/Not a name/meta.json`, '{}')
    const { facts } = await read()
    expect(facts.snapshots.map(({ name, opens }) => [name, opens])).toEqual([['second', false], ['first', true]])
    for (let index = 0; index < 70; index += 1) meta(`old-${String(index)}`, { at: 0 })
    const many = (await read()).facts.snapshots
    expect([many.length, many[0]?.name, many[1]?.name]).toEqual([64, 'second', 'first'])
  })

  it('a firewall that cannot be read just now is told as that and keeps no other fact back', async () => {
    install()
    const busy = async (): Promise<never> => Promise.reject(new Error('nft: Device or resource busy'))
    const { facts } = await readFacts({ host: { ...host, read: busy }, cluster: async () => null })
    expect(facts).toMatchObject({ firewall: { ...NO_FIREWALL, unread: { why: 'nft: Device or resource busy', traces: false } }, binary: { sha256: SHA } })
  })

  it('counts a damaged claim as none', async () => {
    configure('server')
    put(DROVER.claim, '{"cluster":"home"')
    expect((await read()).facts).toMatchObject({ claim: null, k3s: null })
  })
})
