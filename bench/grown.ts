import { K3S } from '@drover/protocol'
import type { Site } from '../test/lab/drover/site.ts'
import type { Host } from '../test/lab/host.ts'
import { until } from '../test/lab/until.ts'
import { longestGap } from './ha/gaps.ts'
import { adminOf, startProbe } from './ha/start-probe.ts'
import { byHand, joinByHand, type Part, prepare, toEtcdByHand } from './hand-script.ts'
import { onSite } from './on-site.ts'
import type { Row } from './row.ts'
import { ownTiming, settingsFor, withoutPeer } from './settings-for.ts'

const NAMES = ['drover-1', 'drover-2', 'drover-3'] as const
const twinOf = (name: string): string => name.replace('drover', 'hand')

const specOf = (count: number): string => `
cluster: grown
k3s: { version: VERSION }
servers: { names: [${NAMES.slice(0, count).join(', ')}] }
options: { disable: [traefik, servicelb] }
`

/** How long it took from one server to three, and the longest gap of the first one's API meanwhile. */
type Seen = { readonly seconds: number; readonly apiGap: number }

/** One server on SQLite to three on etcd: by Drover, then three others of the same lab by a script that copies the datastore first. */
export const measureGrown = (): Promise<readonly Row[]> => onSite('SQLite to three servers', { name: 'bench-grown', hosts: [...NAMES, ...NAMES.map(twinOf)] }, measure)

const apply = (site: Site, count: number): Promise<string> =>
  site.must(['apply', '-f', site.spec(`grown-${String(count)}`, specOf(count)), '--yes', '--wait'], { timeoutMs: 900_000 })

const measure = async (site: Site): Promise<readonly Row[]> => {
  const hosts = NAMES.map((name) => site.lab.host(name))
  await Promise.all(hosts.map((host) => site.join(host)))
  await Promise.all(hosts.map(({ name }) => site.inventory(name)))
  await apply(site, 1)
  const small = await settingsOn(hosts.slice(0, 1))
  const drover = await watched(site, hosts, () => apply(site, 3))
  const large = await settingsOn(hosts)
  await Promise.all(hosts.map((host) => host.powerCut()))
  const hand = await handScript(site, hosts, { small, large })
  const k3s = `${site.k3s.isReal ? 'real' : 'stand-in'} ${site.k3s.version}`
  const s = (seconds: number): string => `${seconds.toFixed(1)} s`
  return [
    { name: 'one server on SQLite to three on etcd, Drover', value: s(drover.seconds), limit: '0.85', ratio: (drover.seconds / hand.seconds).toFixed(2), k3s },
    { name: 'one server on SQLite to three on etcd, hand script', value: s(hand.seconds), ratio: '1', k3s },
    { name: 'API away meanwhile, Drover', value: s(drover.apiGap), k3s },
    { name: 'API away meanwhile, hand script', value: s(hand.apiGap), k3s },
  ]
}

const settingsOn = (hosts: readonly Host[]): Promise<string[]> => Promise.all(hosts.map((host) => host.readFile(K3S.dropIn)))

const watched = async (site: Site, [server]: readonly Host[], work: () => Promise<unknown>): Promise<Seen> => {
  if (server === undefined) throw new Error('there are no hosts')
  const probe = startProbe(site, server, { kubeconfig: await adminOf(site, server), mode: 'read' })
  try {
    await until('a first answer', () => (probe.times.length > 0 ? true : null)) // a gap is one between two answers
    const began = performance.now()
    await work()
    return { seconds: (performance.now() - began) / 1000, apiGap: longestGap(probe.times, Date.now()) / 1000 }
  } finally {
    probe.stop()
  }
}

type Settings = { readonly small: readonly string[]; readonly large: readonly string[] }

const handScript = async (site: Site, hosts: readonly Host[], { small, large }: Settings): Promise<Seen> => {
  const twins = hosts.map(({ name }) => site.lab.host(twinOf(name)))
  const pairs = hosts.flatMap((host, index) => (twins[index] === undefined ? [] : [[host, twins[index]] as const]))
  const partOf = (host: Host, text: string | undefined): Part => ({ host, role: 'server', config: ownTiming(settingsFor(pairs, text ?? '')) })
  const [first, ...others] = twins
  if (first === undefined) throw new Error('there are no hosts')
  const prepared = prepare(site)
  await byHand([partOf(first, small[0])], prepared)
  const grown = partOf(first, withoutPeer(large[0] ?? ''))
  return watched(site, twins, async () => {
    await toEtcdByHand(grown)
    await joinByHand(grown, others.map((host, index) => partOf(host, large[index + 1])), prepared)
  })
}
