import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lab, openLab } from '../lab.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { until } from '../until.ts'
import { dialFrom, dialOn } from './dial.ts'
import { keepRules, rulesFor, stageRules } from './firewall-site.ts'
import { bundleAgent, newSite, type OrderHost, prepareHost } from './order-site.ts'
import { startAgent } from './resident-agent.ts'

const WINDOW_MS = 5_000
/** What is lost while a lockout lasts. Each third lockout has all that is meant to end it. */
const LOST = {
  nothing: 'true',
  'the timer of systemd': 'systemctl stop drover-firewall-revert.timer',
  'the time-out of the kernel': "nft 'flush set inet drover armed; add element inet drover armed { ipv4 timeout 1h, ipv6 timeout 1h }'",
} as const

describe.skipIf(skipOrFail())('a host that locks everybody out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-lockouts-'))
  let lab: Lab
  let on: OrderHost

  beforeAll(async () => {
    lab = await openLab({ name: `lockouts-${String(process.pid)}`, hosts: [{ name: 'one', node: true }, { name: 'two', node: true }] })
    on = await prepareHost(lab.host('one'), newSite(), await bundleAgent())
    await keepRules(on, rulesFor(lab))
    await startAgent(on, folder)
    await until('the watch', async () => ((await on.host.sh('pgrep -x nft')).code === 0 ? true : null))
  })
  afterAll(async () => {
    await lab.close()
    rmSync(folder, { recursive: true })
  })

  const sees = async (): Promise<string> => {
    const { address } = on.host
    return (await Promise.all([dialFrom(lab.admin, address, 22), dialOn(lab.host('two'), address, 10_250), dialFrom(lab.stranger, address, 22)])).join(' ')
  }
  /** Nothing listens on the kubelet's port: a reset says that the packet came through. */
  const AS_KEPT = 'open refused filtered'

  it('is as before after each of thirty, whatever of its dead-men and of the agent is lost', async () => {
    const took: number[] = []
    for (let lockout = 0; lockout < 30; lockout += 1) {
      const lost = (['nothing', 'the timer of systemd', 'the time-out of the kernel'] as const)[lockout % 3] ?? 'nothing'
      const isAgentGone = lockout % 2 === 1
      const began = performance.now()
      expect(await stageRules(on, rulesFor(lab, { admins: [`203.0.113.${String(lockout)}/32`], nodes: [], servers: [] }), WINDOW_MS)).toMatchObject({ type: 'DONE' })
      await on.host.must(LOST[lost])
      if (isAgentGone) await on.host.must('systemctl kill -s KILL drover-agent; systemctl stop drover-agent')
      expect(await sees(), `lockout ${String(lockout)}, without ${lost}`).toBe('filtered filtered filtered')
      const back = await until(`the rules as they were, without ${lost}`, async () => ((await sees()) === AS_KEPT ? performance.now() : null), { limitMs: 30_000, everyMs: 50 })
      took.push(Math.round(back - began))
      await until('the end of the timer', async () => ((await on.host.sh('systemctl is-active drover-firewall-revert.timer drover-firewall-revert.service')).stdout.match(/^activ/m) === null ? true : null), { limitMs: 30_000 })
      if (isAgentGone) await on.host.must('systemctl start drover-agent')
    }
    process.stdout.write(`thirty lockouts of 5 s, back after ${String(Math.min(...took))} to ${String(Math.max(...took))} ms\n`)
    expect(await sees()).toBe(AS_KEPT)
  })

  it('has its rules back each time somebody flushes them, every five seconds for a minute, and while rules are on trial', async () => {
    const open: number[] = []
    for (let flush = 0; flush < 12; flush += 1) {
      if (flush === 6) await stageRules(on, rulesFor(lab, { admins: [`${lab.admin.address}/32`, '203.0.113.0/24'] }), 60_000)
      const began = performance.now()
      const ms = await on.host.must('nft flush ruleset; a=$(date +%s%N); until nft list chain inet drover edge >/dev/null 2>&1; do :; done; b=$(date +%s%N); echo $(( (b - a) / 1000000 ))')
      open.push(Number(ms))
      expect(await sees()).toBe(AS_KEPT)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 5_000 - (performance.now() - began))))
    }
    process.stdout.write(`a flushed table was back after ${open.join(', ')} ms\n`)
  })
})
