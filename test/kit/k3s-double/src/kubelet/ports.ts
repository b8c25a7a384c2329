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
  await bind(silent(), 10249, '127.0.0.1')
  await bind(silent(), 10010, '127.0.0.1')
  await bind(silent(), 10250, '::')
}

/** Opens the control plane's loopback ports, which only accept and close. */
export async function openServerPorts(): Promise<void> {
  for (const port of [6444, 10257, 10258, 10259]) await bind(silent(), port, '127.0.0.1')
}
