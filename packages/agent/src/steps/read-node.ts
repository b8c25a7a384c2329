import type { HostReader } from '../host/host.ts'
import { askLoopback } from './ask-loopback.ts'

/** The Node of a name as this host's API server knows it; null where it does not say. */
export type NodeNow = { readonly is: 'absent' | 'open' | 'cordoned' } | null

/** Looks at one Node. */
export const readNode = async (host: HostReader, name: string): Promise<NodeNow> => {
  const answer = await askLoopback(host, `/api/v1/nodes/${name}`)
  if (answer?.status === 404) return { is: 'absent' }
  if (answer?.status !== 200) return null
  return { is: /"unschedulable"\s*:\s*true/.test(answer.body) ? 'cordoned' : 'open' }
}
