import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { ClusterNameSchema, copyLayout, type CopyStanding, CopyStandingSchema, DroverError, readCopyRange, type Snapshot, SnapshotNameSchema } from '@drover/protocol'
import { copyHead } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { copyFiles, copyKey, makeCopyFolder } from '../copies/files.ts'
import { openFrames } from '../copies/open-copy.ts'
import { receiveInto, requireSpace, sizeOf } from '../copies/receive.ts'
import { dropCopy, readCopyKey, takeCopy } from '../copies/take-copy.ts'
import { readTicket, type TicketKind } from '../copies/ticket.ts'
import type { ApiPlugin } from './types.ts'

const params = z.strictObject({ cluster: ClusterNameSchema, snapshot: SnapshotNameSchema })
const one = z.strictObject({ name: ClusterNameSchema, snapshot: SnapshotNameSchema })
const LARGEST = 1_099_511_627_776

/** Copies of snapshots: hosts bring them by the ticket of an order, persons take or delete them. */
export const copies: ApiPlugin = (app, context) => {
  const uploads = createUploads()
  const url = '/snapshots/copies/:cluster/:snapshot'
  app.get(`${url}/file`, { config: { right: 'ticket', rate: 'copy' }, schema: { summary: 'A copy, opened; for the host that it goes back to', params } }, async (request, reply) => {
    const { cluster, name } = ticketFor(context, request, 'snapshot.fetch')
    return give(context, reply, foundCopy(context, { name: cluster, snapshot: name }).snapshot)
  })
  app.get(url, { config: { right: 'ticket', rate: 'copy' }, schema: { summary: 'How much of a copy is here; for the host that brings it', params, response: { 200: CopyStandingSchema } } }, (request) =>
    standing(context, ticketFor(context, request, 'snapshot.copy')),
  )
  app.register(async (scope) => {
    scope.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
    scope.put(url, { bodyLimit: LARGEST, config: { right: 'ticket', rate: 'copy', streamsBody: true }, schema: { summary: 'Go on with a copy: its body is all that is missing', params, response: { 200: CopyStandingSchema } } }, async (request) => {
      const snapshot = ticketFor(context, request, 'snapshot.copy')
      return uploads.alone(snapshot, request.raw, async () => receive(context, { snapshot, request, from: await placeOf(context, snapshot, request) }))
    })
  })
  app.get('/api/v1/clusters/:name/snapshots/:snapshot/copy', { config: { right: 'secret', rate: 'download' }, schema: { summary: 'The datastore in a copy, opened: an SQLite file with all secrets of the cluster', params: one } }, async (request, reply) => {
    const { snapshot } = foundCopy(context, request.params)
    context.log.info({ cluster: snapshot.cluster, reason: request.principal.name }, `the copy of snapshot ${snapshot.name} was taken away`)
    return give(context, reply, snapshot)
  })
  app.delete('/api/v1/clusters/:name/snapshots/:snapshot/copy', { config: { right: 'admin' }, schema: { summary: 'Delete the copy of a snapshot that no host has any more', params: one, response: { 200: z.strictObject({ deleted: z.string() }) } } }, async (request) => {
    const { snapshot } = foundCopy(context, request.params)
    refuseHeld(context, snapshot)
    await context.turn(() => dropCopy(context, { cluster: snapshot.cluster, name: snapshot.name, why: `${request.principal.name} deleted it` }))
    return { deleted: snapshot.name }
  })
}

/** Sends a copy, opened frame by frame; one that does not open ends the connection. */
const give = async (context: Context, reply: FastifyReply, snapshot: Snapshot): Promise<FastifyReply> => {
  const frames = openFrames(copyFiles(context.home.snapshots, snapshot).whole, await readCopyKey(context, snapshot.cluster))
  return reply.header('content-length', snapshot.bytes).type('application/octet-stream').send(Readable.from(frames))
}

type Asks = Pick<FastifyRequest, 'headers' | 'params'>

/** The snapshot that the request's ticket is for; throws copy.ticket where it is for another one, or to do something else with it. */
const ticketFor = (context: Context, { headers, params: path }: Asks, kind: TicketKind): Snapshot => {
  const { order, snapshot } = readTicket(context, headers.authorization)
  const { cluster, snapshot: name } = path as z.infer<typeof params>
  if (order.kind !== kind || snapshot.cluster !== cluster || snapshot.name !== name) throw new DroverError('copy.ticket', 'the ticket is for something else')
  return snapshot
}

const totalOf = (snapshot: Snapshot): number => copyLayout(copyHead(snapshot).length, snapshot.bytes).total

const isWhole = ({ world }: Context, { cluster, name, sha256 }: Snapshot): boolean => world.copies.get(copyKey(cluster, name))?.snapshot.sha256 === sha256

const standing = async (context: Context, snapshot: Snapshot): Promise<CopyStanding> => {
  const total = totalOf(snapshot)
  if (isWhole(context, snapshot)) return { bytes: total, total, whole: true }
  makeCopyFolder(context.home.snapshots, snapshot.cluster)
  // Of one that is all there, but was not opened yet when the coordinator ended, the last byte is asked for again.
  const bytes = Math.min(total - 1, await sizeOf(copyFiles(context.home.snapshots, snapshot).part))
  requireSpace(await context.freeBytes(context.home.snapshots), total - bytes)
  return { bytes, total, whole: false }
}

/** From where the body goes on; it must be where the copy ends, and go to its end. */
const placeOf = async (context: Context, snapshot: Snapshot, { headers }: Asks): Promise<number> => {
  const { bytes, total, whole } = await standing(context, snapshot)
  if (whole) throw new DroverError('copy.ticket', 'the ticket is used: the copy is whole')
  const range = readCopyRange(headers['content-range'] ?? '')
  const length = Number(headers['content-length'] ?? Number.NaN)
  if (range === null || range.total !== total || range.from > bytes || length !== total - range.from) {
    throw new DroverError('copy.range', `${String(bytes)} of ${String(total)} bytes are here: send the rest, with Content-Range and Content-Length`)
  }
  return range.from
}

type Receiving = { readonly snapshot: Snapshot; readonly request: FastifyRequest; readonly from: number }

const receive = async (context: Context, { snapshot, request, from }: Receiving): Promise<CopyStanding> => {
  const total = totalOf(snapshot)
  const { part } = copyFiles(context.home.snapshots, snapshot)
  const body = request.body as AsyncIterable<Uint8Array>
  const bytes = await receiveInto(body, { path: part, from, total })
  if (bytes < total) throw new DroverError('copy.cut', `the body ended at ${String(bytes)} of ${String(total)} bytes`)
  // What follows reads the whole copy, and nothing comes meanwhile.
  request.raw.socket.setTimeout(0)
  await takeCopy(context, snapshot)
  return { bytes, total, whole: true }
}

type Uploads = { readonly alone: <T>(snapshot: Snapshot, body: Readable, run: () => Promise<T>) => Promise<T> }

/** Of two uploads of one snapshot the later one goes on: the earlier may hang on a connection that is long dead. */
const createUploads = (): Uploads => {
  const running = new Map<string, { readonly body: Readable; readonly over: Promise<unknown> }>()
  return {
    alone: async (snapshot, body, run) => {
      const key = copyKey(snapshot.cluster, snapshot.name)
      const before = running.get(key)
      before?.body.destroy()
      const result = Promise.resolve(before?.over).then(run)
      const mine = { body, over: result.catch(() => undefined) }
      running.set(key, mine)
      try {
        return await result
      } finally {
        if (running.get(key) === mine) running.delete(key)
      }
    },
  }
}

const foundCopy = ({ world }: Context, { name, snapshot }: z.infer<typeof one>): { readonly snapshot: Snapshot } => {
  const copy = world.copies.get(copyKey(name, snapshot))
  if (copy === undefined) throw new DroverError('copy.unknown', `there is no copy of snapshot ${snapshot} of ${name}`)
  return copy
}

/** What a host still has is deleted there, under an approval; its copy goes along. */
const refuseHeld = ({ world }: Context, { cluster, name, sha256 }: Snapshot): void => {
  for (const { name: host, facts } of world.hosts.values()) {
    const held = facts?.value.facts.snapshots.some((held) => held.cluster === cluster && held.name === name && held.sha256 === sha256)
    if (held === true) throw new DroverError('resource.conflict', `snapshot ${name} is on ${host} too: delete it there, its copy goes along`)
  }
}
