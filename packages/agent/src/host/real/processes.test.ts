import { spawn } from 'node:child_process'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { readMounts, readProcesses } from './processes.ts'
import { createRealHost } from './real-host.ts'

describe('readProcesses', () => {
  it('sees this process, its program and its child, which can be ended', async () => {
    const child = spawn('/bin/sleep', ['1000'])
    const ended = new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal)))
    const seen = await readProcesses()
    expect(seen.find(({ pid }) => pid === child.pid)).toMatchObject({ parent: process.pid, exe: expect.stringMatching(/(?:sleep|coreutils)$/) as string })
    expect(seen.find(({ pid }) => pid === process.pid)?.exe).toBe(process.execPath)
    await createRealHost().kill(child.pid ?? 0)
    expect(await ended).toBe('SIGKILL')
    await createRealHost().kill(2 ** 22 + 1)
  })
})

describe('readMounts', () => {
  it('begins with what is mounted first and holds the root', async () => {
    expect(await readMounts()).toContain('/')
  })
})

describe('a real host', () => {
  it('ends a pause with its signal', async () => {
    const end = new AbortController()
    const pause = createRealHost(end.signal).pause(3_600_000)
    end.abort()
    expect(await pause).toBeUndefined()
  })

  it('asks a program for its version and knows which tools are there', async () => {
    const host = createRealHost()
    expect((await host.askVersion(process.execPath as Parameters<typeof host.askVersion>[0])).stdout).toMatch(/^v\d+/)
    expect(await host.hasTool('umount')).toBe(true)
  })
})
