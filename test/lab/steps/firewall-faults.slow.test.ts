import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestsOf, type Ruleset, rulesDigest, toldRuleset } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lab, openLab } from '../lab.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { until } from '../until.ts'
import { dialFrom } from './dial.ts'
import { keepRules, order, rulesFor, stageRules } from './firewall-site.ts'
import { bundleAgent, carryOut, newSite, type OrderHost, prepareHost, putOrder, stepCommand } from './order-site.ts'
import { startAgent } from './resident-agent.ts'

describe.skipIf(skipOrFail())('the firewall of a real host, and what goes wrong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-firewall-'))
  let lab: Lab
  let on: OrderHost

  const old = (): Ruleset => rulesFor(lab)
  const next = (): Ruleset => ({ ...old(), admit: [...old().admit, { from: 'anyone', proto: 'tcp', ports: [9000] }] })

  beforeAll(async () => {
    lab = await openLab({ name: `firewall-faults-${String(process.pid)}`, hosts: [{ name: 'one', node: true }, { name: 'two', node: true }] })
    on = await prepareHost(lab.host('one'), newSite(), await bundleAgent())
    await keepRules(on, old())
  })
  afterAll(async () => {
    await lab.close()
    rmSync(folder, { recursive: true })
  })

  /** Which rules new connections go through, by packets: nothing listens on 9000, so a reset means that it was let in. */
  const inForce = async (): Promise<string> => {
    const [admin, stranger, opened] = await Promise.all([dialFrom(lab.admin, on.host.address, 22), dialFrom(lab.stranger, on.host.address, 22), dialFrom(lab.stranger, on.host.address, 9000)])
    if (admin === 'filtered' || stranger !== 'filtered') return `neither: admin ${admin}, stranger ${stranger}`
    return opened === 'filtered' ? 'old' : 'new'
  }

  /** Starts a step, and takes the power away as soon as a look in the host is true. */
  const cutAt = async (id: string, look: string): Promise<void> => {
    const cut = on.host.sh(`until ${look} >/dev/null 2>&1; do :; done`)
    await on.host.must(stepCommand(id).join(' '))
    await cut
    await on.host.powerCut()
    await on.host.boot()
  }

  it.each([
    ['arm', 'systemctl -q is-active drover-firewall-revert.timer'],
    ['apply', "sh -c 'nft list chain inet drover edge | grep -q armed'"],
  ])('a power cut at %s of a stage ends with the old rules; the step is carried out after it', async (_place, look) => {
    const id = await putOrder(on, 'firewall.stage', { params: { ...toldRuleset(next()), windowMs: 600_000, keep: [{ proto: 'tcp', port: 22 }] } })
    await cutAt(id, look)
    expect(await inForce()).toBe('old')
    expect(await carryOut(on, id)).toMatchObject({ type: 'DONE', result: digestsOf(next()) })
    // The step may have ended just before the power went: what it staged is gone with it then, and another order stages it.
    if ((await inForce()) === 'old') await stageRules(on, next(), 600_000)
    expect(await inForce()).toBe('new')
    await on.host.powerCut()
    await on.host.boot()
    expect(await inForce()).toBe('old')
  })

  it.each([
    ['persist', 'grep -q 9000 /etc/drover/firewall/active.json'],
    ['commit', "sh -c '! nft list chain inet drover edge | grep -q armed'"],
  ])('a power cut at %s of a commit ends with the old rules or the new', async (_place, look) => {
    expect(await stageRules(on, next(), 600_000)).toMatchObject({ type: 'DONE' })
    const id = await putOrder(on, 'firewall.commit', { params: { rules: rulesDigest(next()) } })
    await cutAt(id, look)
    const now = await inForce()
    expect(['old', 'new']).toContain(now)
    const end = await carryOut(on, id)
    process.stdout.write(`the power was cut: ${now} rules, then ${String(end?.type)}\n`)
    expect(await inForce()).toBe(end?.type === 'DONE' ? 'new' : 'old')
    expect(await on.host.sh('ls /var/lib/drover/firewall')).toMatchObject({ stdout: '' })
    await keepRules(on, old())
  })

  it('puts the rules back within seconds after each foreign flush, without a coordinator', async () => {
    await startAgent(on, folder)
    await until('the watch', async () => ((await on.host.sh('pgrep -x nft')).code === 0 ? true : null))
    const took: number[] = []
    for (let flush = 0; flush < 3; flush += 1) {
      const ms = await on.host.must('nft flush ruleset; a=$(date +%s%N); until nft list chain inet drover edge >/dev/null 2>&1; do :; done; b=$(date +%s%N); echo $(( (b - a) / 1000000 ))')
      took.push(Number(ms))
      expect(await inForce()).toBe('old')
    }
    process.stdout.write(`a flushed table was back after ${took.join(', ')} ms\n`)
    expect(await on.host.journal('drover-agent')).toContain('its table was gone')
  })

  it('puts single changes of somebody else back too', async () => {
    await on.host.must('nft insert rule inet drover edge accept')
    expect(await inForce()).not.toBe('old')
    await until('the rules as they were', async () => ((await inForce()) === 'old' ? true : null), { limitMs: 40_000, everyMs: 500 })
  })

  it('costs the resident agent little: one small program that follows the kernel', async () => {
    const rss = async (name: string): Promise<number> => Number(await on.host.must(`awk '/^Rss:/ { print $2 }' /proc/$(${name})/smaps_rollup`))
    const [agent, monitor] = [await rss('systemctl show -p MainPID --value drover-agent'), await rss('pgrep -x nft')]
    process.stdout.write(`agent ${String(agent)} KiB, nft monitor ${String(monitor)} KiB\n`)
    expect(monitor).toBeLessThan(12_000)
  })

  it('lets a firewall go that the coordinator takes away, and leaves the host alone then', async () => {
    expect(await order(on, 'firewall.remove', {})).toMatchObject({ type: 'DONE' })
    await on.host.must('systemctl restart drover-agent')
    expect(await dialFrom(lab.stranger, on.host.address, 9000)).toBe('refused')
    expect(await on.host.must('nft list ruleset')).toBe('')
  })
})
