import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { joinSockets } from './join-sockets.ts'
import { labFolder } from './paths.ts'
import type { Vantage } from './vantage.ts'

/** A way from this machine into a lab, whose networks it is no part of. */
export interface Tunnel {
  /** A Unix socket, e.g. for `http.request({ socketPath })`. */
  readonly socketPath: string
  /** A port on 127.0.0.1 of this machine, for clients that know no sockets. */
  readonly port: number
  close(): Promise<void>
}

const farEnd = fileURLToPath(new URL('tunnel-far-end.ts', import.meta.url))

/** Opens a tunnel that reaches an address and port as a vantage point would; it ends with the lab or with `close`. */
export async function openTunnel(lab: string, from: Vantage, to: { address: string; port: number }): Promise<Tunnel> {
  const socketPath = join(labFolder(lab), `tunnel-${to.address}-${to.port}.sock`)
  rmSync(socketPath, { force: true })
  const child = from.spawn([process.execPath, farEnd, socketPath, to.address, String(to.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.stdout === null) throw new Error('a tunnel has an output')
  const ended = once(child, 'close')
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`no tunnel to ${to.address}:${to.port}`))),
  ])
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: socketPath, allowHalfOpen: true })
    joinSockets(near, far)
  })
  server.unref() // a tunnel keeps no process alive
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    socketPath,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close()
      child.kill('SIGKILL')
      await ended
      rmSync(socketPath, { force: true })
    },
  }
}
