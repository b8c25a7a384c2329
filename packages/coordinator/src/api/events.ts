import type { ServerResponse } from 'node:http'
import * as z from 'zod'
import type { Event } from '@drover/protocol'
import type { Context } from '../context.ts'
import { readEvents } from '../store/events.ts'
import type { ApiPlugin } from './types.ts'

const BEAT = 15_000
const PAGE = 1000
const SEQ = /^\d{1,15}$/
const MOST_WAITING = 1_048_576

/** Server-sent events: everything that happens, resumed after `Last-Event-ID` or `?after=`. */
export const events: ApiPlugin = (app, context) => {
  const querystring = z.strictObject({ after: z.string().regex(SEQ).optional() })
  app.get('/api/v1/events', { config: { right: 'read' }, schema: { summary: 'What happens, as server-sent events', querystring } }, async (request, reply) => {
    const header = request.headers['last-event-id']
    const after = request.query.after ?? (typeof header === 'string' && SEQ.test(header) ? header : null)
    reply.hijack()
    await stream(context, reply.raw, after === null ? null : Number(after))
  })
}

/** Listens before it reads the history, so that nothing falls between the two; each event is written once, in order. */
const stream = async (context: Context, raw: ServerResponse, after: number | null): Promise<void> => {
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'keep-alive' })
  raw.write(': drover\n\n')
  let last = after ?? -1
  let early: Event[] | null = []
  const write = (event: Event): void => {
    if (event.seq <= last) return
    last = event.seq
    if (raw.writableLength < MOST_WAITING) raw.write(`id: ${String(event.seq)}\ndata: ${JSON.stringify(event)}\n\n`)
    else raw.destroy()
  }
  const stop = context.listen((event) => (early === null ? write(event) : early.push(event)))
  const beat = setInterval(() => raw.write(': beat\n\n'), BEAT)
  raw.on('close', () => {
    clearInterval(beat)
    stop()
  })
  if (after !== null) await history(context, raw, { after, write })
  for (const event of early) write(event)
  early = null
}

const history = async (context: Context, raw: ServerResponse, about: { readonly after: number; readonly write: (event: Event) => void }): Promise<void> => {
  let from = about.after
  for (;;) {
    const page = await readEvents(context.db, from, PAGE)
    for (const event of page) about.write(event)
    from = page.at(-1)?.seq ?? from
    if (page.length < PAGE || raw.destroyed) return
  }
}
