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
  app.get('/api/v1/events', { config: { right: 'read', isStream: true }, schema: { summary: 'What happens, as server-sent events', querystring } }, async (request, reply) => {
    const header = request.headers['last-event-id']
    const after = request.query.after ?? (typeof header === 'string' && SEQ.test(header) ? header : null)
    reply.hijack()
    await stream(context, reply.raw, after === null ? null : Number(after))
  })
}

/**
 * Listens before it reads the history, so that nothing falls between the two; each event is written once, in order. Of a
 * reader that has gone, or cannot be served, nothing stays behind.
 */
const stream = async (context: Context, raw: ServerResponse, after: number | null): Promise<void> => {
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'keep-alive' })
  raw.write(': drover\n\n')
  let last = after ?? -1
  const early: Event[] = []
  let isLive = after === null
  const write = (event: Event): void => {
    if (event.seq <= last) return
    last = event.seq
    if (raw.writableLength < MOST_WAITING) raw.write(`id: ${String(event.seq)}\ndata: ${JSON.stringify(event)}\n\n`)
    else raw.destroy()
  }
  const stop = context.listen((event) => (isLive ? write(event) : early.push(event)))
  const beat = setInterval(() => raw.write(': beat\n\n'), BEAT)
  const end = (): void => {
    clearInterval(beat)
    stop()
  }
  raw.once('close', end)
  if (raw.destroyed) return end()
  try {
    if (after !== null) await history(context, raw, { after, write, early })
  } catch (error) {
    context.log.error({ error }, 'a stream of events ended: its history cannot be read')
    raw.destroy()
  }
  for (const event of early) write(event)
  isLive = true
}

type Reading = { readonly after: number; readonly write: (event: Event) => void; readonly early: Event[] }

/** Page after page, as fast as the reader takes them; what came live before a page was asked for is in that page or a later one. */
const history = async (context: Context, raw: ServerResponse, about: Reading): Promise<void> => {
  let from = about.after
  for (;;) {
    if (raw.writableNeedDrain) await drained(raw)
    about.early.length = 0
    const page = await readEvents(context.db, from, PAGE)
    for (const event of page) about.write(event)
    from = page.at(-1)?.seq ?? from
    if (page.length < PAGE || raw.destroyed) return
  }
}

/** Resolves when the reader has taken what was written, or has gone. */
const drained = (raw: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      raw.off('drain', go)
      raw.off('close', go)
      resolve()
    }
    raw.on('drain', go)
    raw.on('close', go)
  })
