import type { Role } from '@drover/protocol'
import type { HostReader, UnitState } from './host.ts'
import { absolutePath } from './path.ts'

const HEALTHZ = { url: 'http://127.0.0.1:10248/healthz', timeoutMs: 2000 } as const
const FLANNEL = absolutePath('/run/flannel/subnet.env')

/**
 * Whether the k3s of a host is up. A server's unit becomes active when it is; an agent's can stay `activating` for five
 * minutes although its Node is Ready: before it says so, k3s's network policy controller waits for a newer heartbeat of
 * the Ready condition than its own start, and where the Node was Ready first the kubelet writes the next one only after
 * five minutes (seen with v1.36.2). So an agent counts as up too once its kubelet is healthy and flannel has its subnet.
 */
export const unitIsUp = async (host: HostReader, role: Role, unit: UnitState): Promise<boolean> => {
  if (unit.active === 'active') return true
  if (role === 'server' || unit.active !== 'activating' || unit.sub !== 'start') return false
  if ((await host.stat(FLANNEL)) === null) return false
  const answer = await host.get(HEALTHZ)
  return answer !== null && answer.status === 200 && answer.body.trim() === 'ok'
}
