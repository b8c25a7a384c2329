import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EtcdShownSchema, ForecastSchema, RunSchema } from '@drover/protocol'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { outputOf } from './command.ts'
import { type Accident, strike } from './drover/faults-of-run.ts'
import { ledgerOf } from './drover/ledger-of.ts'
import { list, openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'

const example = fileURLToPath(new URL('../../deploy/examples/ha-three.yaml', import.meta.url))
const LEDGER = '/var/lib/k3s-double/ledger.jsonl'
const SERVERS = ['one', 'two', 'three'] as const

/** The hosts by their part in the run that comes: who makes the cluster, who joins first and second, the agent. */
type Parts = { readonly seed: Host; readonly second: Host; readonly third: Host; readonly worker: Host }

// only the stand-in keeps a ledger; a real k3s must end as well
describe.skipIf(skipOrFail())('whatever dies while three servers come up, it ends the same', () => {
  let site: Site
  let spec = ''

  beforeAll(async () => {
    site = await openSite({ name: 'ha-kills', hosts: { one: 'server', two: 'server', three: 'server', four: 'worker' } })
    spec = site.spec('ha', readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION'))
  })
  afterAll(() => site.close())
  beforeEach(async () => {
    for (const host of site.lab.hosts()) await host.must(`rm -f ${LEDGER}`)
  })
  afterEach(async () => {
    await site.must(['delete', 'cluster', 'ha-three', '--confirm', 'ha-three', '--wait'], { timeoutMs: 280_000 })
  })

  const partsOf = async (): Promise<Parts> => {
    const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', spec, '-o', 'json'])))
    const starts = planned.phases.flatMap(({ lines }) => lines).filter(({ kind, host }) => kind === 'k3s.start' && host !== 'four')
    const [seed, second, third] = starts.map(({ host }) => site.lab.host(host))
    if (seed === undefined || second === undefined || third === undefined) throw new Error('three servers were expected to start')
    return { seed, second, third, worker: site.lab.host('four') }
  }

  /** Applies the spec, lets all accidents happen, each at its moment, and gives the ended run's state. */
  const applyAmid = async (accidents: (parts: Parts) => readonly Accident[]): Promise<string | undefined> => {
    const parts = await partsOf()
    const since = Date.now()
    const applied = site.drover(['apply', '-f', spec, '--yes', '--wait'], { timeoutMs: 290_000 })
    await Promise.all([applied, ...accidents(parts).map((accident) => strike(site, accident, since))])
    outputOf(['drover apply'], await applied)
    return (await list(site, 'runs', RunSchema))[0]?.state
  }

  /** The same cluster as ever: three voters on each server's own word, one initialisation, nobody taken in twice. */
  const sameEnd = async (): Promise<void> => {
    const etcd = EtcdShownSchema.parse(JSON.parse(await site.must(['get', 'members', 'ha-three', '-o', 'json'])))
    expect(etcd).toMatchObject({ voters: 3, healthy: 3, tolerates: 1 })
    expect(new Set(etcd.members.map(({ host }) => host))).toEqual(new Set(SERVERS))
    expect((await site.drover(['apply', '-f', spec])).stdout).toContain('Nothing to do')
    if (site.k3s.isReal) return
    const lines = SERVERS.flatMap((name) => ledgerOf(site.lab.host(name)))
    expect(lines.filter(({ event }) => event === 'initialised')).toHaveLength(1)
    expect(lines.filter(({ event }) => event === 'member-added')).toHaveLength(2)
  }

  test('six processes die: agents, steps, k3s and the coordinator', async () => {
    const ended = await applyAmid(({ seed, second, third }) => [
      { host: seed, kind: 'k3s.start', type: 'APPLYING', victim: 'step' },
      { host: second, kind: 'k3s.start', type: 'RECEIVED', victim: 'coordinator' },
      { host: second, kind: 'k3s.start', type: 'APPLYING', victim: 'agent' },
      { host: seed, kind: 'etcd.promote', type: 'DONE', victim: 'agent' },
      { host: third, kind: 'k3s.start', type: 'APPLYING', victim: 'k3s' },
      { host: third, kind: 'k3s.start', type: 'DONE', victim: 'coordinator' },
    ])
    expect(ended).toBe('done')
    await sameEnd()
  })

  test('six times a host loses its power, the first server too, while two are to vote', async () => {
    const ended = await applyAmid(({ seed, second, third, worker }) => [
      { host: seed, kind: 'binary.install', type: 'APPLYING', victim: 'power' },
      { host: seed, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
      { host: second, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
      { host: worker, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
      { host: third, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
      { host: third, kind: 'k3s.start', type: 'DONE', victim: 'power' },
    ])
    expect(ended).toBe('done')
    await sameEnd()
  })
})
