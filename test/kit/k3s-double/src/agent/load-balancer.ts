import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { writeWhole } from '../files.ts'
import type { World } from '../world.ts'

/** How long a server may take to accept before the next one is tried. */
const CONNECT_MS = 2000

/** The agent's local way to the servers. */
export type LoadBalancer = { readonly url: string; readonly update: (addresses: readonly string[]) => void }

/** Passes a connection to the first of these servers that takes it. */
function pipe(client: Socket, [address, ...others]: readonly string[]): void {
  if (address === undefined || client.destroyed) return void client.destroy()
  const [host = '', port = '6443'] = address.split(':')
  const server = connect(Number(port), host).setTimeout(CONNECT_MS)
  const next = (): void => {
    server.destroy()
    pipe(client, others)
  }
  server.once('timeout', next).once('error', next)
  server.once('connect', () => {
    server.setTimeout(0).off('timeout', next).off('error', next)
    const end = (): void => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
    client.pipe(server)
    server.pipe(client)
  })
}

/** Listens on 127.0.0.1:6444 and passes each connection to the first known server that takes it, the one it was told of last; keeps the list on disk. */
export async function startLoadBalancer(world: World, serverUrl: string): Promise<LoadBalancer> {
  const first = new URL(serverUrl)
  const fallback = `${first.hostname}:${first.port || '443'}`
  const known: string[] = []
  const listener = createServer((client) => {
    client.on('error', () => client.destroy())
    pipe(client, [...new Set([...known, fallback])])
  })
  listener.listen(6444, '127.0.0.1')
  await once(listener, 'listening')
  world.log('info', `Updated load balancer k3s-agent-load-balancer default server: ${fallback}`)
  world.log('info', `Running load balancer k3s-agent-load-balancer 127.0.0.1:6444 -> [] [default: ${fallback}]`)
  return {
    url: 'https://127.0.0.1:6444',
    update: (addresses) => {
      if (addresses.length === 0 || String(addresses) === String(known)) return
      known.splice(0, known.length, ...addresses)
      const state = { ServerURL: serverUrl, ServerAddresses: addresses }
      writeWhole(`${world.paths.agent}/etc/k3s-agent-load-balancer.json`, JSON.stringify(state))
      world.log('info', `Updated load balancer k3s-agent-load-balancer server addresses -> [${addresses.join(' ')}] [default: ${fallback}]`)
    },
  }
}
