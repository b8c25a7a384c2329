import type { Site } from '../../test/lab/drover/site.ts'
import type { Host } from '../../test/lab/host.ts'
import { until } from '../../test/lab/until.ts'
import { gapAround } from './gaps.ts'
import { startProbe } from './start-probe.ts'

const leads = async (host: Host): Promise<boolean> => (await host.must('curl -fsS http://127.0.0.1:2381/metrics')).includes('\netcd_server_is_leader 1\n')

/** Cuts the power of the server whose etcd leads, while another one is written to; seconds without a write that succeeded. */
export const loseLeader = async (site: Site, servers: readonly Host[], kubeconfig: string): Promise<number> => {
  const leading = await Promise.all(servers.map(leads))
  const leader = servers[leading.indexOf(true)]
  const other = servers.find((server) => server !== leader)
  if (leader === undefined || other === undefined) throw new Error('no server leads')
  const probe = startProbe(site, other, { kubeconfig, mode: 'write' })
  try {
    await until('thirty writes', () => (probe.times.length >= 30 ? true : null))
    const at = Date.now()
    await leader.powerCut()
    await until('thirty writes after the power cut', () => (probe.times.filter((time) => time > at + 1000).length >= 30 ? true : null), { limitMs: 120_000 })
    return gapAround(probe.times, at) / 1000
  } finally {
    probe.stop()
  }
}
