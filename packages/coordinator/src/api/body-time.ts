import type { IncomingMessage } from 'node:http'
import type { Api } from './types.ts'

const WHOLE_BODY = 15_000
const SILENCE = 60_000

/**
 * How long a body may take. Node's own limit holds for every request alike, and a k3s binary over a slow line takes longer
 * than any request with JSON should: so it is off, JSON bodies have 15 s (answered before or not), and a streamed file may
 * go on as long as it moves. `wholeBodyMs` is for tests.
 */
export const useBodyTime = (app: Api, wholeBodyMs = WHOLE_BODY): void => {
  app.server.requestTimeout = 0
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'GET') return
    const { raw } = request
    if (request.routeOptions.config.streamsBody === true) {
      raw.socket.setTimeout(SILENCE, () => raw.socket.destroy())
      return
    }
    const timer = setTimeout(() => {
      // Refused before its body was read: what still trickles in is of no use to anybody.
      if (reply.raw.headersSent) return void raw.destroy()
      reply.hijack()
      reply.raw.writeHead(408, { connection: 'close', 'content-length': 0 })
      reply.raw.end(() => raw.destroy())
    }, wholeBodyMs)
    whenOver(raw, () => clearTimeout(timer))
  })
}

const whenOver = (raw: IncomingMessage, done: () => void): void => {
  raw.once('end', done)
  raw.once('close', done)
}
