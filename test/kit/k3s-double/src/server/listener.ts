import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { TLSSocket } from 'node:tls'
import type { Call, Reply } from '../api/reply.ts'
import { failure } from '../api/reply.ts'
import type { Subject } from './identity.ts'

/** Answers one request; `subject` is there when a client certificate of the client authority was shown. */
export type Answer = (call: Call, subject: Subject | undefined) => Promise<Reply>

const LIMIT = 3 * 1024 * 1024

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue
    size += chunk.length
    if (size > LIMIT) throw new Error('request body too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

async function serve(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://k3s')
  const socket = request.socket
  const subject = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject : undefined
  const call: Call = {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: await readBody(request),
    remote: `${socket.remoteAddress ?? ''}`,
  }
  const reply = await answer(call, subject)
  response.writeHead(reply.status, { 'content-type': reply.type, ...(reply.status >= 400 ? { connection: 'close' } : {}) })
  response.end(reply.body)
}

/** Listens for TLS on a port of every address; client certificates are asked for, not required. */
export async function listen(port: number, tls: { key: string; cert: string; clientCa: string }, answer: Answer): Promise<Server> {
  const server = createServer({ key: tls.key, cert: tls.cert, ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    serve(answer, request, response).catch((error: unknown) => {
      const reply = failure(500, `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`)
      if (!response.headersSent) response.writeHead(500, { 'content-type': reply.type })
      response.end(reply.body)
    })
  })
  server.listen(port)
  await once(server, 'listening')
  return server
}
