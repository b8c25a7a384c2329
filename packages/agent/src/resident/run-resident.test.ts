import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BARE_TOLD, OrderIdSchema, type OrderReport, type SectionName } from '@drover/protocol'
import { hostIdOf, tokenText } from '@drover/protocol/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CoordinatorHalf, type FromHost, startCoordinatorHalf } from '../../../../test/kit/resident/coordinator-half.ts'
import { plainFacts } from '../../../../test/kit/wire/identity.ts'
import { eventually } from '../../../../test/kit/wire/eventually.ts'
import { readConfig } from '../config.ts'
import type { LinkState } from '../link/index.ts'
import { openLinkStore } from './link-store.ts'
import { openNodeKeys } from './node-keys.ts'
import type { Orders } from './orders.ts'
import { type OrdersParts, type Resident, runResident } from './run-resident.ts'

const id = { order: OrderIdSchema.parse('ord-aaaaaaaaaaaaaaaa'), attempt: 1 }
const done: OrderReport = { ...id, state: 'done', result: {}, recovered: false, elapsedMs: 1 }
const order = { order: 'AAAA', signature: 'A'.repeat(86) }

/** An executor that keeps orders until they are acknowledged, like the journal does. */
const makeOrders = () => {
  const kept = { submitted: [] as unknown[], pending: [] as OrderReport[], acknowledged: [] as OrderReport[], parts: null as OrdersParts | null }
  const orders: Orders = {
    submit: async (signed) => void kept.submitted.push(signed),
    acknowledge: async (report) => {
      kept.acknowledged.push(report)
      kept.pending = kept.pending.filter((one) => one.order !== report.order)
    },
    pending: () => kept.pending,
    open: () => kept.submitted.length,
    start: async () => undefined,
    stop: () => undefined,
    journalHead: async () => ({ count: kept.submitted.length, hash: null }),
    maxEpochSeen: async () => 0,
  }
  return { kept, make: (parts: OrdersParts) => ((kept.parts = parts), orders) }
}

describe('runResident against the half of a coordinator', () => {
  let folder: string
  let coordinator: CoordinatorHalf
  let residents: Resident[]
  let states: LinkState[]
  let asked: { sections: readonly SectionName[]; fresh: boolean }[]
  let executor: ReturnType<typeof makeOrders>

  const start = async (): Promise<Resident> => {
    const config = readConfig(join(folder, 'agent.json'))
    const keys = openNodeKeys(join(folder, 'keys'))
    const store = openLinkStore({ record: join(folder, 'enrolment.json'), token: join(folder, 'join-token'), coordinator: config.coordinator })
    const resident = await runResident({
      link: {
        coordinator: { urls: config.urls, pin: config.pin, key: config.coordinator },
        keys: { node: keys.node, sealPub: keys.seal.publicKey },
        store,
        times: { retry: () => 20 },
      },
      hello: (orders) => async () => ({ ...plainFacts, journalHead: await orders.journalHead() }),
      host: { read: async () => ({ code: 0, stdout: 'one\ntwo\n', stderr: '', timedOut: false }) },
      orders: executor.make,
      readFacts: async () => ({ facts: BARE_TOLD, cluster: null }),
      collect: async (sections, fresh) => {
        asked.push({ sections, fresh })
        return { sections: { network: { nics: [], routes: [], defaultRoute: null } }, failed: {} }
      },
      onLink: (state) => states.push(state),
      log: () => undefined,
    })
    residents.push(resident)
    return resident
  }
  const heard = <T extends FromHost['t']>(t: T, from = 0): Promise<Extract<FromHost, { t: T }>> =>
    eventually(`a message ${t}`, () => coordinator.received.slice(from).find((one): one is Extract<FromHost, { t: T }> => one.t === t))

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'drover-resident-'))
    ;[residents, states, asked] = [[], [], []]
    executor = makeOrders()
    coordinator = await startCoordinatorHalf()
    writeFileSync(join(folder, 'agent.json'), coordinator.agentJson)
    writeFileSync(join(folder, 'join-token'), tokenText(coordinator.registry.token()), { mode: 0o600 })
  })
  afterEach(async () => {
    await Promise.all(residents.map((resident) => resident.stop()))
    await coordinator.stop()
    rmSync(folder, { recursive: true })
  })

  it('enrols once and tells what it sees', async () => {
    await start()
    expect((await heard('heartbeat')).body).toMatchObject({ openOrders: 0 })
    expect((await heard('facts')).body).toMatchObject({ facts: { claim: null } })
    expect((await heard('inventory')).body.sections).toEqual({ network: { nics: [], routes: [], defaultRoute: null } })
    expect(existsSync(join(folder, 'join-token'))).toBe(false)
    expect(coordinator.opened[0]?.nodeId).toBe(hostIdOf(openNodeKeys(join(folder, 'keys')).node.publicKey))
  })

  it('comes back as the same host without a token', async () => {
    const first = await start()
    await heard('heartbeat')
    await first.stop()
    expect(states.at(-1)).toEqual({ kind: 'closed' })
    await start()
    await eventually('a second session', () => coordinator.opened.length === 2)
    expect(coordinator.opened[1]?.nodeId).toBe(coordinator.opened[0]?.nodeId)
    expect(coordinator.registry.asked).toMatchObject({ enrol: 1, resume: 1 })
  })

  it('takes orders over before it acknowledges them, and tells the executor the time of the coordinator', async () => {
    await start()
    await heard('heartbeat')
    await coordinator.send('order', order)
    await eventually('the order', () => executor.kept.submitted.length === 1)
    expect(executor.kept.submitted).toEqual([order])
    expect(executor.kept.parts?.serverNow()).toBeGreaterThan(1_700_000_000_000)
  })

  it('reports an end until it is stored, over sessions, with fresh facts behind it', async () => {
    await start()
    await heard('inventory')
    let refusals = 1
    coordinator.onMessage.store = async (message) => {
      if (message.t === 'report' && refusals-- > 0) throw new Error('the disk is full')
    }
    executor.kept.pending = [done]
    const from = coordinator.received.length
    executor.kept.parts?.onReport(done)
    expect((await heard('report', from)).body).toEqual(done)
    await eventually('the acknowledgement', () => executor.kept.acknowledged.length === 1)
    expect(coordinator.opened.length).toBe(2)
    await heard('facts', coordinator.received.findIndex((one) => one.t === 'report'))
    await eventually('another look at the state', () => asked.some(({ sections }) => sections.includes('state')))
  })

  it('observes, refreshes and reads logs when asked', async () => {
    await start()
    await heard('inventory')
    const from = coordinator.received.length
    await coordinator.send('observe', { everyMs: 250, forMs: 60_000 })
    await eventually('three facts', () => coordinator.received.slice(from).filter((one) => one.t === 'facts').length >= 3)
    await coordinator.send('inventory.refresh', {})
    await eventually('a fresh inventory', () => asked.some(({ fresh, sections }) => fresh && sections.length === 0))
    await coordinator.send('logs.read', { id: 'q', unit: 'k3s', lines: 10 })
    expect((await heard('logs.chunk')).body).toEqual({ re: 'q', lines: ['one', 'two'], end: true })
  })

  it('says why the coordinator does not let it in', async () => {
    writeFileSync(join(folder, 'join-token'), tokenText({ kind: 'join', id: 'aaaaaaaaaa', secret: new Uint8Array(32) }), { mode: 0o600 })
    await start()
    await eventually('a refusal', () => states.some((state) => state.kind === 'waiting' && state.cause.code === 'refused' && state.cause.refuse === 'token-refused'))
    expect(existsSync(join(folder, 'join-token'))).toBe(true)
  })
})
