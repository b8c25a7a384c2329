import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { createServer as createTlsServer, type SecureVersion } from 'node:tls'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Certificate } from '../../../packages/coordinator/src/hub/index.ts'

/** A server that is not what it claims to be, on loopback. */
export type Rogue = { url: string; stop: () => Promise<void> }

/** A TLS server that only listens: `heard` is what was said to it inside TLS. */
export const startListener = async (
  certificate: Certificate,
  maxVersion: SecureVersion = 'TLSv1.3',
): Promise<Rogue & { heard: Buffer[] }> => {
  const heard: Buffer[] = []
  const server = createTlsServer({ key: certificate.keyPem, cert: certificate.certificatePem, maxVersion }, (socket) => {
    socket.on('data', (data: Buffer) => heard.push(data))
    socket.on('error', () => undefined)
  })
  server.on('tlsClientError', () => undefined)
  return { ...(await listening(server)), heard }
}

/** A WebSocket server that treats each connection as it is told. */
export const startImpostor = async (certificate: Certificate, treat: (socket: WebSocket) => void): Promise<Rogue> => {
  const web = new WebSocketServer({ noServer: true, handleProtocols: () => 'drover1' })
  const server = createHttpsServer({ key: certificate.keyPem, cert: certificate.certificatePem })
  server.on('upgrade', (request, socket, head) => {
    web.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => undefined)
      treat(ws)
    })
  })
  return listening(server)
}

const listening = async (server: Server): Promise<Rogue> => {
  const open = new Set<{ destroy: () => void }>()
  server.on('connection', (socket: { destroy: () => void; once: (event: 'close', listener: () => void) => void }) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const stop = async (): Promise<void> => {
    for (const socket of open) socket.destroy()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
  }
  return { url: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`, stop }
}
