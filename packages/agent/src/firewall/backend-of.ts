import { DroverError } from '@drover/protocol'
import type { HostReader } from '../host/host.ts'
import type { FirewallBackend } from './backend.ts'
import { chooseBackend } from './choose-backend.ts'

/** The host's backend; throws firewall.backend where it has none. */
export const backendOf = async (host: HostReader): Promise<FirewallBackend> => {
  const backend = await chooseBackend(host)
  if (backend === null) throw new DroverError('firewall.backend', 'nft is not installed')
  return backend
}
