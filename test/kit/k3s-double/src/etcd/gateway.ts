import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** Opens 127.0.0.1:2382 as the way to etcd's JSON gateway, which this etcd serves on 2379: bytes are passed, so TLS and certificates are etcd's. */
export async function openGateway(): Promise<void> {
  const listener = createServer((client) => {
    const etcd = connect(2379, '127.0.0.1')
    const end = (): void => {
      client.destroy()
      etcd.destroy()
    }
    for (const socket of [client, etcd]) socket.on('error', end).on('close', end)
    client.pipe(etcd)
    etcd.pipe(client)
  })
  listener.listen(2382, '127.0.0.1')
  await once(listener, 'listening')
}
