import { type HostView, type Measured, render } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { settle, type SettleResult } from './settle.ts'

const NAMES = ['one', 'two', 'three']
const spec = (names: readonly string[]) => buildSpec({ datastore: 'etcd', servers: { names: [...names] } })
const rtt = (ms: number) => ({ rttUs: Object.fromEntries(NAMES.map((name) => [hostIdOf(name), ms * 1000])) })
const server = (name: string, measured: Partial<Measured>): HostView => buildHost({ name, ip: `10.0.0.${String(11 + NAMES.indexOf(name))}`, measured })
const timingOf = ({ settled }: SettleResult): readonly (number | undefined)[] => [settled.etcd?.heartbeatMs, settled.etcd?.electionMs]
const whyOf = ({ settled }: SettleResult): string => settled.why.filter(({ code }) => code.startsWith('etcd.')).map(render).join()
const said = ({ findings }: SettleResult): readonly string[] => findings.map(({ level, said: text }) => `${level} ${text.code}`)

const three = (measured: Partial<Measured>, names = NAMES): ReturnType<typeof buildInput> => buildInput({ hosts: names.map((name) => server(name, measured)), spec: spec(names) })

describe('the timing of etcd', () => {
  it.each<readonly [what: string, measured: readonly [rttMs: number, fsyncUs: number], timing: readonly [heartbeat: number, election: number]]>([
    ['quick links and disks: as quick as etcd goes', [0.4, 1_200], [100, 1_000]],
    ['a slow link: one round trip, elections after ten heartbeats', [92.5, 1_200], [100, 1_000]],
    ['a link slower than the quickest heartbeat', [100.1, 1_200], [110, 1_100]],
    ['a slow disk: fifty writes', [0.4, 60_000], [100, 3_000]],
    ['beyond what k3s itself takes', [0.4, 120_000], [500, 5_000]],
  ])('%s', (_what, [ms, fsyncP99Us], timing) => expect(timingOf(three({ ...rtt(ms), fsyncP99Us }))).toEqual(timing))

  it("is k3s's own where a link or a disk is not measured, and says which", () => {
    const [links, disks] = [three({}), three({ ...rtt(1), fsyncP99Us: null })]
    expect([timingOf(links), timingOf(disks)]).toEqual([[500, 5_000], [500, 5_000]])
    expect([whyOf(links), whyOf(disks)]).toEqual([expect.stringContaining('round trip between some'), expect.stringContaining('fsync of some')])
  })

  it('of one server takes no link, and a link may be measured from either end', () => {
    expect(timingOf(three({}, ['one']))).toEqual([100, 1_000])
    const hosts = [server('one', {}), server('two', rtt(1)), server('three', rtt(1))]
    expect(timingOf(buildInput({ hosts, spec: spec(NAMES) }))).toEqual([100, 1_000])
  })

  it('is none on SQLite', () => expect(buildInput({ hosts: [server('one', {})] }).settled.etcd).toBeUndefined())
})

describe('a cluster that has run', () => {
  const before = three(rtt(0.4), ['one'])
  const ran = withFacts(before.input, { [hostIdOf('one')]: settledFacts(before.input, hostIdOf('one')) }, 'up')
  const slow = { ...rtt(0.4), fsyncP99Us: 70_000 }
  const again = (names: readonly string[], sqlite = false): SettleResult => {
    const hosts = Object.fromEntries(names.filter((name) => name !== 'one').map((name) => [hostIdOf(name), server(name, slow)]))
    const base = { ...ran, view: { ...ran.view, hosts: { ...ran.view.hosts, ...hosts } } }
    return settle({ ...base, spec: sqlite ? buildSpec() : spec(names), incarnation: 1, artifacts: before.settled.artifacts, previous: before.settled })
  }

  it('keeps its timing when it grows, with its reason, and says where a newer one would be slower', () => {
    const grown = again(NAMES)
    expect([timingOf(grown), whyOf(grown)]).toEqual([[100, 1_000], whyOf(before)])
    expect(said(grown)).toContain('note finding.etcd-timing')
    expect(said(again(['one']))).toEqual([])
  })

  it('never goes back to SQLite', () => expect(said(again(['one'], true))).toContain('fatal finding.to-sqlite'))

  it('may be settled anew as long as nothing has been written', () => {
    const base = { ...before.input, spec: buildSpec(), incarnation: 1, artifacts: before.settled.artifacts, previous: before.settled }
    expect(said(settle(base))).toEqual([])
  })
})
