import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer, type Server } from 'node:net'

async function bind(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

const healthz = (): Server =>
  createHttp((request, response) => {
    const known = request.url === '/healthz'
    response.writeHead(known ? 200 : 404, { 'content-type': 'text/plain' })
    response.end(known ? 'ok' : '404 page not found\n')
  })

const silent = (): Server => createServer((socket) => socket.destroy())

/** Opens the kubelet's and kube-proxy's ports: 10248 and 10256 answer `/healthz`, 10249, 10250 and 10010 only accept and close. */
export async function openNodePorts(): Promise<void> {
  await bind(healthz(), 10248, '127.0.0.1')
  await bind(healthz(), 10256, '127.0.0.1')
  await openSilent(10249, 10010)
  await bind(silent(), 10250, '::')
}

/** Opens ports of loopback that only accept and close. */
export async function openSilent(...ports: readonly number[]): Promise<void> {
  for (const port of ports) await bind(silent(), port, '127.0.0.1')
}
