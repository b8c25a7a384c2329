import type { HostReader } from '../host/host.ts'
import type { FirewallBackend } from './backend.ts'
import { BACKENDS } from './backends/index.ts'

/** The first backend that the host has what it takes for; null: none. */
export const chooseBackend = async (host: HostReader): Promise<FirewallBackend | null> => {
  for (const backend of BACKENDS) if (await backend.isThere(host)) return backend
  return null
}
