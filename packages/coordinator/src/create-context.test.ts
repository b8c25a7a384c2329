import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import { createContext } from './create-context.ts'
import { homeAt, makeHome } from './home.ts'

afterEach(() => void vi.useRealTimers())

it('ticks only once there is a world to look at: a start that takes long, or fails, leaves no clock behind', async () => {
  const root = mkdtempSync(join(tmpdir(), 'drover-context-'))
  const home = homeAt(root)
  await makeHome(home, { version: 1, listen: { host: '127.0.0.1', port: 8443 }, advertise: ['https://10.0.0.1:8443'] })
  const seen: number[] = []
  const onCommit = (): void => {
    seen.push(vi.getTimerCount())
    throw new Error('the disk is full')
  }
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  await expect(createContext({ home, assetsFolder: join(root, 'assets'), version: '0.1.0', log: pino({ level: 'silent' }), onCommit })).rejects.toThrow('the disk is full')
  expect([...seen, vi.getTimerCount()]).toEqual([0, 0])
  rmSync(root, { recursive: true })
})
