import { K3S } from '@drover/protocol'
import type { HostReader } from '../host/host.ts'
import { absolutePath } from '../host/path.ts'

const TLS = `${K3S.data}/server/tls`

const AS_ADMIN = {
  ca: absolutePath(`${TLS}/server-ca.crt`),
  cert: absolutePath(`${TLS}/client-admin.crt`),
  key: absolutePath(`${TLS}/client-admin.key`),
  timeoutMs: 5000,
} as const

/** What the API server of this host answers to its administrator; null where nothing answers within 5 s. */
export const askLoopback = (host: HostReader, path: '/readyz' | '/version' | `/api/v1/nodes/${string}`): ReturnType<HostReader['get']> =>
  host.get({ ...AS_ADMIN, url: `https://127.0.0.1:6443${path}` })
