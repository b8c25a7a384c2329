import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { K3S } from '@drover/protocol'
import type { Site } from '../test/lab/drover/site.ts'
import type { Host } from '../test/lab/host.ts'
import { countVoters, secondsAt } from './ha/count-voters.ts'
import { longestGap } from './ha/gaps.ts'
import { loseLeader } from './ha/lose-leader.ts'
import { adminOf, startProbe } from './ha/start-probe.ts'
import { byHand, type Part, prepare } from './hand-script.ts'
import { onSite } from './on-site.ts'
import type { Row } from './row.ts'
import { ownTiming, settingsFor, withoutPeer } from './settings-for.ts'

const example = fileURLToPath(new URL('../deploy/examples/ha-three.yaml', import.meta.url))
const watchShare = fileURLToPath(new URL('ha/watch-share.ts', import.meta.url))

const NAMES = ['drover-1', 'drover-2', 'drover-3', 'drover-4', 'drover-5'] as const
const SERVERS = 3
const twinOf = (name: string): string => name.replace('drover', 'hand')

/** What was seen of one way to three servers and two agents. */
type Seen = { readonly seconds: number; readonly twoVoters: number; readonly apiGap: number; readonly writeGap: number }

/**
 * Five bare hosts to three servers and two agents, all Ready: by Drover, then five others of the same lab by a script, with
 * the same binary from the same place; each time the API is asked every 100 ms, and at the end the leader loses its power.
 */
export const measureThreeServers = (): Promise<readonly Row[]> => onSite('three servers and two agents', { name: 'bench-ha', hosts: [...NAMES, ...NAMES.map(twinOf)] }, measure)

const measure = async (site: Site): Promise<readonly Row[]> => {
  const hosts = NAMES.map((name) => site.lab.host(name))
  await Promise.all(hosts.map((host, index) => site.join(host, '--label', `role=${index < SERVERS ? 'server' : 'worker'}`)))
  await Promise.all(hosts.map(({ name }) => site.inventory(name)))
  const share = ownShare(site)
  const drover = await watched(site, hosts, () => byDrover(site))
  const own = share.stop()
  const settings = await Promise.all(hosts.map((host) => host.readFile(K3S.dropIn)))
  await Promise.all(hosts.filter((host) => host.leader() !== undefined).map((host) => host.powerCut()))
  const twins = hosts.map(({ name }) => site.lab.host(twinOf(name)))
  const hand = await watched(site, twins, () => byHand(partsOf(hosts, twins, settings), prepare(site)))
  return rowsOf(site, { drover, hand, own })
}

const byDrover = (site: Site): Promise<string> =>
  site.must(['apply', '-f', site.spec('ha', readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION')), '--yes', '--wait'], { timeoutMs: 900_000 })

/** Which server goes first is told by Drover's settings; the script has k3s's own timing for etcd. */
const partsOf = (hosts: readonly Host[], twins: readonly Host[], settings: readonly string[]): readonly [Part, ...Part[]] => {
  const pairs = hosts.flatMap((host, index) => (twins[index] === undefined ? [] : [[host, twins[index]] as const]))
  const parts = twins.map((host, index): Part => {
    const config = ownTiming(settingsFor(pairs, settings[index] ?? ''))
    return { host, role: index < SERVERS ? 'server' : 'agent', config: config.includes('cluster-init') ? withoutPeer(config) : config }
  })
  const [first, ...others] = parts.toSorted((a, b) => Number(b.config.includes('cluster-init')) - Number(a.config.includes('cluster-init')))
  if (first === undefined) throw new Error('there are no hosts')
  return [first, ...others]
}

const watched = async (site: Site, hosts: readonly Host[], work: () => Promise<unknown>): Promise<Seen> => {
  const servers = hosts.slice(0, SERVERS)
  const began = performance.now()
  const voters = servers.map(countVoters)
  const probing = Promise.any(servers.map(async (server) => {
    const admin = await adminOf(site, server)
    return { admin, probe: startProbe(site, server, { kubeconfig: admin, mode: 'read' }) }
  }))
  try {
    await work()
    const seconds = (performance.now() - began) / 1000
    const { admin, probe } = await probing
    const apiGap = longestGap(probe.times, Date.now()) / 1000
    probe.stop()
    const twoVoters = Math.min(...voters.map(({ counts }) => secondsAt(counts, 2)).filter((figure) => !Number.isNaN(figure)))
    return { seconds, apiGap, twoVoters, writeGap: await loseLeader(site, servers, admin) }
  } finally {
    for (const voter of voters) voter.stop()
  }
}

/** Looks four times a second whether nothing but Drover is waited for; the share of the looks at which it was so. */
const ownShare = (site: Site): { readonly stop: () => number } => {
  const child = site.lab.admin.spawn([process.execPath, watchShare, join(site.place, 'profile.json')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const looks: string[] = []
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => void looks.push(line))
  return {
    stop: () => {
      child.kill('SIGKILL')
      return looks.filter((look) => look === '1').length / looks.length
    },
  }
}

const s = (seconds: number): string => `${seconds.toFixed(1)} s`

const rowsOf = (site: Site, { drover, hand, own }: { readonly drover: Seen; readonly hand: Seen; readonly own: number }): readonly Row[] => {
  const k3s = `${site.k3s.isReal ? 'real' : 'stand-in'} ${site.k3s.version}`
  return [
    { name: '3 servers and 2 agents, Drover, apply to Ready', value: s(drover.seconds), limit: '0.80', ratio: (drover.seconds / hand.seconds).toFixed(2), k3s },
    { name: '3 servers and 2 agents, hand script', value: s(hand.seconds), ratio: '1', k3s },
    { name: 'two voters for, Drover', value: s(drover.twoVoters), limit: '10 s', k3s },
    { name: 'two voters for, hand script', value: s(hand.twoVoters), k3s },
    { name: 'longest gap of the API meanwhile, Drover', value: s(drover.apiGap), limit: 'one election', k3s },
    { name: 'longest gap of the API meanwhile, hand script', value: s(hand.apiGap), k3s },
    { name: "writes missing after the leader's power cut, Drover's timing", value: s(drover.writeGap), limit: '2.5 s', k3s },
    { name: "writes missing after the leader's power cut, k3s's timing", value: s(hand.writeGap), k3s },
    { name: 'nothing but Drover waited for', value: `${(own * 100).toFixed(1)} %`, limit: '3 %', k3s },
  ]
}
