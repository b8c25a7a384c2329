import { parseProcSockets } from '../core/parse/proc-sockets.ts'
import type { HostReader } from './host.ts'
import { readText } from './k3s-marks.ts'
import { absolutePath } from './path.ts'

const PROC = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => absolutePath(path))

/** The TCP ports that something on the host listens on. */
export const readOpenPorts = async (host: HostReader): Promise<ReadonlySet<number>> => {
  const texts = await Promise.all(PROC.map((path) => readText(host, path)))
  return new Set(texts.flatMap((text) => parseProcSockets('tcp', text ?? '')).map((socket) => socket.port))
}
