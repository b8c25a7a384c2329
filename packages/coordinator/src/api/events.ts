import * as z from 'zod'
import type { Event } from '@drover/protocol'
import { readEvents } from '../store/events.ts'
import type { ApiPlugin } from './types.ts'

const BEAT = 15_000
const HISTORY = 1000

/** Server-sent events: everything that happens, resumed after `Last-Event-ID` or `?after=`. */
export const events: ApiPlugin = (app, context) => {
  const querystring = z.strictObject({ after: z.string().regex(/^\d{1,15}$/).optional() })
  app.get('/api/v1/events', { config: { right: 'read' }, schema: { summary: 'What happens, as server-sent events', querystring } }, async (request, reply) => {
    const header = request.headers['last-event-id']
    const after = Number(request.query.after ?? (typeof header === 'string' && /^\d{1,15}$/.test(header) ? header : -1))
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'keep-alive' })
    raw.write(': drover\n\n')
    const write = (event: Event): void => {
      if (raw.writableLength < 1_048_576) raw.write(`id: ${String(event.seq)}\ndata: ${JSON.stringify(event)}\n\n`)
      else raw.destroy()
    }
    let last = after
    if (after >= 0) for (const event of await readEvents(context.db, after, HISTORY)) ((last = event.seq), write(event))
    const stop = context.listen((event) => {
      if (event.seq > last) write(event)
    })
    const beat = setInterval(() => raw.write(': beat\n\n'), BEAT)
    raw.on('close', () => {
      clearInterval(beat)
      stop()
    })
  })
}
