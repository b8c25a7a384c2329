import { type EtcdShown, EtcdShownSchema } from '@drover/protocol'
import type { Host } from '../lab/host.ts'
import { until } from '../lab/until.ts'
import { print, title } from './print.ts'
import { fetchKubeconfig, kubectl, type Stage } from './stage.ts'

const NAMES = ['-n', 'default', 'get', 'configmaps', '-o', 'name'] as const

const etcdOf = async ({ drover }: Stage): Promise<EtcdShown> => EtcdShownSchema.parse(JSON.parse(await drover.must(['get', 'members', 'home', '-o', 'json'])))

/** The server whose etcd leads. */
const leaderOf = async (stage: Stage): Promise<Host> => {
  const name = (await etcdOf(stage)).members.find((member) => member.leader)?.host
  const host = stage.servers.find((server) => server.name === name)
  if (host === undefined) throw new Error('no server leads')
  return host
}

/** Third chapter: the server that leads loses its power, the API goes on through another one, and it comes back as the member that it was. */
export const loseServer = async (stage: Stage): Promise<void> => {
  const { drover, clock, servers } = stage
  const leader = await leaderOf(stage)
  const through = servers.find((server) => server !== leader)
  if (through === undefined) throw new Error('three servers were expected')
  title(`drover kubeconfig home --server ${through.name} > home.yaml; ${leader.name} leads: its power is cut`)
  await fetchKubeconfig(stage, through)
  await leader.powerCut()
  await clock.time("from the leader's power cut to the next write", () =>
    until('a write', () => kubectl(stage, '-n', 'default', 'create', 'configmap', 'written-without-it').then(print, () => null), { limitMs: 120_000 }),
  )
  print(await kubectl(stage, ...NAMES))
  title('drover status')
  await until('its absence to be seen', async () => ((await drover.must(['status'])).includes(' away ') ? true : null), { limitMs: 120_000 })
  print(await drover.must(['status']))
  title(`${leader.name} gets its power back`)
  await clock.time('from its power to a cluster that bears a loss again', async () => {
    await leader.boot()
    const at = Date.now()
    await until('a cluster that bears a loss', async () => ((await etcdOf(stage)).members.every(({ healthy, seenAt }) => healthy === true && seenAt !== null && seenAt > at) ? true : null), { limitMs: 240_000 })
  })
  print(await kubectl(stage, ...NAMES))
  title('drover get members home; drover status')
  print(await drover.must(['get', 'members', 'home']))
  print(await drover.must(['status']))
}
