import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRealHost } from '../host/real/real-host.ts'
import { collectInventory, isSectionName } from './collect.ts'
import type { CollectorTools } from './collector.ts'
import { keepFsyncResult, probeFsync, readFsyncResult } from './fsync-probe.ts'
import { inTime } from './in-time.ts'
import { readText } from './read-text.ts'
import { socketOwners } from './socket-owners.ts'

// Reads this machine as it is and changes nothing outside a folder of its own.
describe('the inventory of this machine', () => {
  let folder: string
  let tools: CollectorTools
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-inventory-'))
    const { read, freeBytes } = createRealHost()
    const unit = async () => ({ load: 'not-found', active: 'inactive', sub: 'dead', enabled: false, restarts: 0, invocation: '', mainPid: 0, stale: false })
    tools = { host: { read, freeBytes, unit }, data: join(folder, 'k3s/not/there'), state: folder, now: () => 1_000_000_000_000, fresh: false }
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('has every section, each of its schema', async () => {
    const { sections, failed } = await collectInventory([], tools)
    expect(failed).toEqual({})
    expect(sections.hardware).toMatchObject({ memoryMb: expect.any(Number) as number, os: { arch: process.arch === 'arm64' ? 'arm64' : 'amd64' } })
    expect(sections.hardware?.memoryMb).toBeGreaterThan(100)
    expect(sections.hardware?.cpu.cores).toBeGreaterThan(0)
    expect(sections.network?.nics.map((nic) => nic.name)).not.toContain('lo')
    expect(Object.keys(sections.state?.kernel ?? {})).toEqual(expect.arrayContaining(['vm.overcommit_memory', 'kernel.panic']))
    expect(sections.state?.data).toMatchObject({ path: tools.data, freeMb: expect.any(Number) as number })
    expect(sections.state?.data.filesystem).not.toBe('')
  })

  it('reads only what is asked for, and says which section it could not read', async () => {
    const broken: CollectorTools = { ...tools, host: { ...tools.host, read: async () => ({ code: 1, stdout: '', stderr: 'Object "addr" is unknown', timedOut: false }) } }
    expect(await collectInventory(['network'], broken)).toEqual({ sections: {}, failed: { network: 'ip -j -d addr: Object "addr" is unknown' } })
    expect([isSectionName('network'), isSectionName('firewall'), isSectionName('toString')]).toEqual([true, false, false])
  })

  it('measures fsync once a day, and anew where a person asks', async () => {
    const first = (await collectInventory(['state'], tools)).sections.state?.data.fsyncP99Us
    expect(first).toBeGreaterThan(0)
    expect(readdirSync(folder)).toEqual(['fsync-probe.json'])
    const device = (await readFsyncResult(join(folder, 'fsync-probe.json'), { device: -1, now: tools.now() }))?.device
    expect(device).toBeUndefined()
    writeFileSync(join(folder, 'fsync-probe.json'), JSON.stringify({ ...(JSON.parse((await readText(join(folder, 'fsync-probe.json'))) ?? '') as object), p99Us: 7 }))
    expect((await collectInventory(['state'], tools)).sections.state?.data.fsyncP99Us).toBe(7)
    const tomorrow = { ...tools, now: () => tools.now() + 86_400_001 }
    expect((await collectInventory(['state'], tomorrow)).sections.state?.data.fsyncP99Us).not.toBe(7)
    await keepFsyncResult(join(folder, 'fsync-probe.json'), { p99Us: 7, device: 0, at: tools.now() })
    expect((await collectInventory(['state'], { ...tools, fresh: true })).sections.state?.data.fsyncP99Us).not.toBe(7)
  })
})

describe('fsync probe', () => {
  it('rejects where it cannot write, and a damaged result is none', async () => {
    await expect(probeFsync('/nonexistent')).rejects.toThrow(/ENOENT/)
    expect(await readFsyncResult('/etc/hostname', { device: 1, now: 1 })).toBeNull()
  })
})

describe('socketOwners', () => {
  it('finds the process behind a socket, and whether it is of our k3s', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const hex = port.toString(16).toUpperCase().padStart(4, '0')
    const inode = ((await readText('/proc/net/tcp', 16_777_216)) ?? '').split('\n').find((line) => line.includes(`0100007F:${hex} 00000000:0000 0A`))?.trim().split(/\s+/)[9] ?? ''
    const owners = await socketOwners(new Set([inode, '0']), true)
    server.close()
    expect([...owners]).toEqual([[inode, { name: basename(process.execPath), ours: false }]])
  })

  it('asks nobody where there is nothing to ask', async () => {
    expect((await socketOwners(new Set(), true)).size).toBe(0)
  })
})

describe('readText', () => {
  it('reads files without a size, at most as much as is allowed, and null where there is none', async () => {
    expect(await readText('/proc/self/mountinfo')).toContain(' / ')
    expect(await readText('/proc/self/mountinfo', 10)).toHaveLength(10)
    expect(await readText('/proc/nothing')).toBeNull()
    expect(await readText('/proc')).toBeNull()
  })
})

describe('inTime', () => {
  it('gives up an answer that does not come and one that fails', async () => {
    expect(await inTime(() => new Promise(() => undefined), 5)).toBeNull()
    expect(await inTime(() => Promise.reject(new Error('x')))).toBeNull()
    expect(await inTime(async () => 1)).toBe(1)
  })
})

describe('the inventory child', () => {
  const run = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const main = new URL('../children.ts', import.meta.url).pathname
      execFile(process.execPath, [main, ...args], (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }))
    })

  it('prints one line of JSON', async () => {
    const { code, stdout } = await run('inventory', 'network')
    expect([code, stdout.split('\n').length]).toEqual([0, 2])
    expect(JSON.parse(stdout)).toMatchObject({ sections: { network: {} }, failed: {} })
  })

  it('knows its commands', async () => {
    expect(await run('inventory', 'weather')).toMatchObject({ code: 2, stderr: 'drover-agent: no section is called "weather"\n' })
    expect(await run('fly')).toMatchObject({ code: 2, stderr: 'drover-agent: unknown command "fly"; see --help\n' })
    expect((await run('--help')).stdout).toContain('run-step ORDER-ID ATTEMPT')
    expect((await run('--version')).stdout).toBe('0.0.0-source\n')
    expect(await run('run-step', 'x')).toMatchObject({ code: 1, stderr: 'drover-agent: usage: run-step ORDER-ID ATTEMPT\n' })
  })
})
