import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EtcdShownSchema, ForecastSchema, RunSchema } from '@drover/protocol'
import { LEDGER_FILE } from '../../kit/k3s-double/ledger.ts'
import { outputOf } from '../command.ts'
import type { Host } from '../host.ts'
import { until } from '../until.ts'
import { type Accident, strike } from './faults-of-run.ts'
import { ledgerOf } from './ledger-of.ts'
import { list, type Site } from './site.ts'

/** The servers of a site that is to be put under fire, beside a worker `four`. */
export const SERVERS = ['one', 'two', 'three'] as const

const example = fileURLToPath(new URL('../../../deploy/examples/ha-three.yaml', import.meta.url))

/** The example with the servers by name, so that a plan and its run choose the same one to begin with. */
export const threeByName = (servers: readonly string[]): string =>
  readFileSync(example, 'utf8')
    .replace('v1.36.2+k3s1', 'VERSION')
    .replace(/select: \{ role: server \}.*/, `names: [${servers.join(', ')}]`)
    .replace(/ +count: 3.*\n/, '')
    .replace(/ +spread: site.*\n/, '')

/** The hosts by their part in a run: who makes the cluster or has it already, who joins first and second, the agent. */
export type Parts = { readonly seed: Host; readonly second: Host; readonly third: Host; readonly worker: Host }

/** The parts that the plan of a spec gives to the hosts; whoever is a server already has the first one. */
export const partsOf = async (site: Site, spec: string): Promise<Parts> => {
  const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', spec, '-o', 'json'])))
  const lines = planned.phases.flatMap((phase) => phase.lines)
  const starts = lines.filter(({ kind, host }) => (kind === 'k3s.start' || kind === 'k3s.to-etcd') && host !== 'four')
  const [seed, second, third] = starts.map(({ host }) => site.lab.host(host))
  if (seed === undefined || second === undefined || third === undefined) throw new Error('three servers were expected to start')
  return { seed, second, third, worker: site.lab.host('four') }
}

const OVER: readonly string[] = ['done', 'failed', 'asking', 'cancelled', 'superseded']

/** Gives a command that begins a run, lets all accidents happen, each at its moment, and gives the state in which the run ended. */
export const runAmid = async (site: Site, command: readonly string[], accidents: readonly Accident[]): Promise<string> => {
  const since = Date.now()
  const before = (await list(site, 'runs', RunSchema))[0]?.id
  const given = site.drover(command, { timeoutMs: 290_000 })
  await Promise.all([given, ...accidents.map((accident) => strike(site, accident, since))])
  outputOf(['drover', ...command], await given)
  return until('the run to end', async () => {
    const [run] = await list(site, 'runs', RunSchema)
    return run !== undefined && run.id !== before && OVER.includes(run.state) ? run.state : null
  }, { limitMs: 280_000, saw: () => site.must(['status']) })
}

/** What a cluster that came through shows: its members, and how often the stand-in's ledgers saw a beginning and a member that came. */
export type End = { readonly voters: number; readonly healthy: number; readonly hosts: readonly string[]; readonly initialised: number; readonly added: number }

/** How a cluster ended, once each of its members is healthy by its own word and the spec leaves nothing to do: a host may have booted last. */
export const endOf = async (site: Site, cluster: string, spec: string): Promise<End> => {
  const etcd = await until('every member to be healthy', async () => {
    const shown = EtcdShownSchema.parse(JSON.parse(await site.must(['get', 'members', cluster, '-o', 'json'])))
    return shown.healthy === shown.voters ? shown : null
  }, { limitMs: 120_000 })
  const plan = (): Promise<string> => site.must(['plan', '-f', spec])
  await until('the same spec to leave nothing to do', async () => ((await plan()).includes('Nothing to do') ? true : null), { everyMs: 1000, saw: plan })
  const events = SERVERS.flatMap((name) => ledgerOf(site.lab.host(name))).map(({ event }) => event)
  const count = (wanted: string): number => events.filter((event) => event === wanted).length
  return { voters: etcd.voters, healthy: etcd.healthy, hosts: etcd.members.flatMap(({ host }) => host ?? []).toSorted(), initialised: count('initialised'), added: count('member-added') }
}

/** How a cluster of the three is to end: all vote, `initialised` beginnings, nobody taken in twice; a real k3s keeps no ledger. */
export const sameEnd = ({ k3s }: Site, initialised: number): End => ({ voters: 3, healthy: 3, hosts: [...SERVERS].toSorted(), initialised: k3s.isReal ? 0 : initialised, added: k3s.isReal ? 0 : 2 })

/** Begins the ledgers of all hosts anew. */
export const forgetLedgers = async ({ lab }: Site): Promise<void> => {
  for (const host of lab.hosts()) await host.must(`rm -f ${LEDGER_FILE}`)
}
