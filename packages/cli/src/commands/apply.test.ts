import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeIoOptions, inTurn } from '@drover/test/kit/cli/fake-io.ts'
import { ASKING, DONE, FORECAST, IDS, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { run } from '@drover/test/kit/cli/run-command.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliError } from '../cli-error.ts'

const SPEC = 'cluster: home\n'
const world = {} as { folder: string }
beforeAll(() => {
  world.folder = mkdtempSync(join(tmpdir(), 'drover-cli-'))
  writeFileSync(join(world.folder, 'spec.yaml'), SPEC)
})
afterAll(() => rmSync(world.folder, { recursive: true, force: true }))
const file = (name: string): string => join(world.folder, name)
const PLAN = 'POST /api/v1/clusters/home/forecast'
const APPROVE = `POST /api/v1/forecasts/${IDS.forecast}/approve`
const READ = `GET /api/v1/runs/${IDS.run}`

describe('plan and apply', () => {
  it('show who becomes what, every step, unit and wait', async () => {
    const { code, said, bodies } = await run(['plan', '-f', file('spec.yaml')], { answers: { [PLAN]: FORECAST } })
    expect([code, bodies]).toEqual([0, [{ spec: SPEC }]])
    expect(said.out).toMatchInlineSnapshot(`
      "Cluster home

      HOST    ROLE    ADDRESS    INTERFACE
      node-1  server  10.0.0.11  eth0

      Steps
        1  start k3s server of cluster home   node-1   why: node-1 has no k3s, the spec names v1.36.2+k3s1
             changed unit k3s.service
           WAIT node-2: kubelet not Ready, ends when Ready, gives up at 5 min
             then: 1 server, tolerates 0 failures

      If a step fails it is undone and tried again, at most 3 times.

      Approve it with: drover approve fc-aaaaaaaaaaaaaaaa
      "
    `)
  })

  it('ask, and end with 3 where nobody says yes', async () => {
    for (const typed of [null, '', 'n', 'yesterday']) {
      const { code, sent, said } = await run(['apply', '-f', file('spec.yaml')], { answers: { [PLAN]: FORECAST }, typed })
      expect([code, sent]).toEqual([3, [PLAN]])
      expect(said.err).toContain(`drover approve ${IDS.forecast}`)
    }
  })

  it('approve the hash that was shown, and end without waiting in a pipe', async () => {
    const { code, sent, bodies } = await run(['apply', '-f', file('spec.yaml'), '--yes'], { answers: { [PLAN]: FORECAST, [APPROVE]: RUN } })
    expect([code, sent, bodies.at(-1)]).toEqual([0, [PLAN, APPROVE], { hash: FORECAST.hash }])
  })

  it('approve once: a forecast that became a run names it', async () => {
    const { code, sent, said } = await run(['approve', IDS.forecast], { answers: { [`GET /api/v1/forecasts/${IDS.forecast}`]: { ...FORECAST, approvedAt: 1, run: IDS.run } } })
    expect([code, sent]).toEqual([3, [`GET /api/v1/forecasts/${IDS.forecast}`]])
    expect(said.err).toContain(IDS.run)
  })

  it('let the coordinator judge a spec without a name that can be used', async () => {
    const faults = [{ path: 'cluster', line: 1, column: 1, value: 'Home!', reason: 'must be lower-case', nearest: null }]
    const refused = new CliError(1, 'the spec has 1 error', { faults })
    for (const input of ['cluster: Home!\n', 'agents: {}\n', '[', 'home']) {
      const { code, said } = await run(['plan', '-f', '-'], { input, answers: { 'POST /api/v1/clusters/unnamed/forecast': refused } })
      expect([code, said.err]).toEqual([1, expect.stringContaining('line 1:1 cluster')])
    }
  })

  it('ask where no step is left, but something else was approved before', async () => {
    const back = { ...FORECAST, quiet: false, phases: [] }
    const asked = await run(['apply', '-f', file('spec.yaml')], { answers: { [PLAN]: back } })
    expect([asked.code, asked.said.out]).toEqual([3, expect.stringContaining('takes the place of what was approved before')])
    expect(await run(['apply', '-f', file('spec.yaml'), '--yes'], { answers: { [PLAN]: back, [APPROVE]: RUN } })).toMatchObject({ code: 0, sent: [PLAN, APPROVE] })
  })

  it('do not say that all is well where nothing could be planned', async () => {
    const fatal = { ...FORECAST, quiet: true, phases: [], findings: [{ level: 'fatal', said: { code: 'host.offline', args: { host: 'node-1' } }, on: [] }] }
    const { said } = await run(['plan', '-f', file('spec.yaml')], { answers: { [PLAN]: fatal } })
    expect(said.out).not.toContain('Nothing to do')
    expect(said.out).toContain('No steps can be planned')
  })

  it('change nothing where the forecast is fatal or there is nothing to do', async () => {
    const fatal = { ...FORECAST, findings: [{ level: 'fatal', said: { code: 'host.offline', args: { host: 'node-1' } }, on: [] }] }
    expect(await run(['apply', '-f', file('spec.yaml'), '--yes'], { answers: { [PLAN]: fatal } })).toMatchObject({ code: 3, sent: [PLAN] })
    expect(await run(['apply', '-f', file('spec.yaml'), '--yes'], { answers: { [PLAN]: { ...FORECAST, quiet: true, phases: [] } } })).toMatchObject({ code: 0, sent: [PLAN] })
  })
})

describe('following a run', () => {
  const follow = (runs: readonly unknown[], options: FakeIoOptions = {}): ReturnType<typeof run> =>
    run(['apply', '-f', file('spec.yaml'), '--yes', '--wait'], { answers: { [PLAN]: FORECAST, [APPROVE]: RUN, [READ]: inTurn(...runs) }, ...options })

  it('prints a plain line for each change in a pipe, and ends with 0', async () => {
    const { code, said } = await follow([RUN, RUN, DONE])
    expect(code).toBe(0)
    expect(said.out.slice(said.out.indexOf('Approved'))).toMatchInlineSnapshot(`
      "Approved. Run run-aaaaaaaaaaaaaaaa has begun; see it with: drover status home
      node-1  install k3s v1.36.2+k3s1 from release  done
      node-2  install k3s v1.36.2+k3s1 from release  applying: fetched 12 MB
      WAIT node-2: kubelet not Ready, 4 s, ends when Ready, gives up at 5 min
      run run-aaaaaaaaaaaaaaaa running
      node-2  install k3s v1.36.2+k3s1 from release  done
      run run-aaaaaaaaaaaaaaaa done
      "
    `)
  })

  it('draws over itself on a terminal, as wide as that is', async () => {
    const { said } = await follow([RUN, DONE], { isTerminal: true, columns: 40 })
    const picture = said.out.slice(said.out.indexOf('Approved'))
    expect(picture.match(/\u001b\[\d+A/g)).toHaveLength(1)
    expect(Math.max(...picture.split('\n').slice(1).map((line) => line.length))).toBeLessThan(50)
    expect((await follow([RUN, DONE], { isTerminal: true, columns: 1 })).code).toBe(0)
  })

  it('ends with 3 where the run asks, and with 1 where it failed', async () => {
    const asks = await follow([RUN, ASKING])
    expect([asks.code, asks.said.err]).toEqual([3, expect.stringContaining(`drover retry ${IDS.run}`)])
    expect((await follow([{ ...ASKING, state: 'failed' }])).code).toBe(1)
    expect((await follow([{ ...RUN, state: 'cancelled' }])).code).toBe(1)
  })

  it('goes on where the coordinator is away for a while, and gives up after two minutes', async () => {
    const away = new CliError(1, 'cannot reach the coordinator')
    const back = await follow([RUN, away, away, DONE])
    expect([back.code, back.said.err]).toEqual([0, expect.stringContaining('the hosts go on')])
    expect(back.said.err.match(/the hosts go on/g)).toHaveLength(1)
    expect((await follow([RUN, away])).code).toBe(1)
    const drawn = await follow([RUN, away, DONE], { isTerminal: true, columns: 60 })
    expect([drawn.code, drawn.said.err, drawn.said.out]).toEqual([0, '', expect.stringContaining('the hosts go on')])
  })
})
