import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { call } from '@drover/test/kit/coordinator/call.ts'
import { makeHost, type TestHost } from '@drover/test/kit/wire/identity.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSetting } from '../store/settings.ts'
import { promote } from './promote.ts'

const held = {} as { coordinator: TestCoordinator; host: TestHost }

beforeEach(async () => {
  held.coordinator = await startTestCoordinator()
  held.host = makeHost({ hostname: 'one' })
  await resume(held.host)
})
afterEach(() => held.coordinator.remove())

const resume = ({ node, sealPub, nodeId, facts }: TestHost) =>
  held.coordinator.decide.resume({
    nodePub: node.publicKey, sealPub, remoteAddress: '10.0.0.11', claimed: { nodeId, serial: 1, at: 5 } as never,
    body: { ...facts, versions: [1], minVersion: 1, coordinatorPinned: '', tlsPin: '', enrolment: null, wallTime: 0 },
  })
const connect = async (maxEpochSeen: number): Promise<void> => {
  const { hub, events, context } = held.coordinator
  events.onOpen?.(hub.connect(held.host.nodeId, { maxEpochSeen }))
  await context.turn(() => Promise.resolve())
}
const status = async (): Promise<unknown> => (await call(held.coordinator, 'GET /api/v1/health', {})).json['status']
const stored = (key: string): Promise<number | null> => readSetting<number>(held.coordinator.context.db, key)
const errors = (): string[] => held.coordinator.lines.filter((line) => line.level === 'error').map((line) => line.sentence)
const promoteHere = (): Promise<string> => promote({ home: held.coordinator.context.home, now: 0 })

describe('a coordinator that was set back to an older database', () => {
  it('says so, raises nothing by itself, and is above what hosts have seen after promote and a start', async () => {
    await connect(7)
    await connect(5)
    expect(await stored('epoch-seen')).toBe(7)
    expect(errors()).toEqual([expect.stringContaining('drover-coordinator promote'), expect.stringContaining('drover-coordinator promote')])
    expect([await status(), held.coordinator.context.epoch, await stored('epoch')]).toEqual(['degraded', 1, 1])
    expect(await promoteHere()).toMatch(/from 1 to 8 .* restart/)
    expect(held.coordinator.context.epoch).toBe(1)
    const { root, stop } = held.coordinator
    await stop()
    held.coordinator = await startTestCoordinator({ root })
    expect([held.coordinator.context.epoch, await status()]).toEqual([8, 'ok'])
    await connect(7)
    expect(errors()).toEqual([])
    expect(await promoteHere()).toContain('nothing to do')
    expect(await stored('epoch')).toBe(8)
  })

  it('believes no host that names an epoch more than a million away', async () => {
    await connect(1_000_002)
    expect([await stored('epoch-seen'), await status()]).toEqual([null, 'ok'])
    expect(errors()).toEqual([expect.stringContaining('ignored')])
    await connect(1_000_001)
    expect(await stored('epoch-seen')).toBe(1_000_001)
  })

  it('believes no host that was not let in', async () => {
    const { hosts } = held.coordinator.context.world
    for (const row of hosts.values()) hosts.set(row.id, { ...row, state: 'pending' })
    await connect(7)
    expect([await stored('epoch-seen'), errors()]).toEqual([null, []])
  })
})
