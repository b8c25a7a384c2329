import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod'
import { ArtifactQuerySchema, ArtifactSchema, DroverError, Sha256Schema } from '@drover/protocol'
import { UPLOAD_ENDING } from '../clear-uploads.ts'
import { readArtifacts, writeArtifact } from '../store/artifacts.ts'
import type { ApiPlugin } from './types.ts'

const LARGEST = 4_294_967_296

/** The artifact cache: import by hash, list, and the public download by hash that hosts use. */
export const artifacts: ApiPlugin = (app, context) => {
  const params = z.strictObject({ sha256: Sha256Schema })
  app.get('/api/v1/artifacts', { config: { right: 'read' }, schema: { summary: 'Files in the cache', response: { 200: z.array(ArtifactSchema) } } }, () => readArtifacts(context.db))
  app.register(async (scope) => {
    scope.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
    scope.put('/api/v1/artifacts/:sha256', { bodyLimit: LARGEST, config: { right: 'operate', streamsBody: true }, schema: { summary: 'Import a file: its body is the file itself', params, querystring: ArtifactQuerySchema } }, async (request, reply) => {
      const { sha256 } = request.params as z.infer<typeof params>
      const about = request.query as z.infer<typeof ArtifactQuerySchema>
      const size = await receive(request.body as NodeJS.ReadableStream, { path: join(context.home.artifacts, sha256), sha256 })
      const artifact = { ...about, sha256, size, addedAt: context.now() }
      await writeArtifact(context.db, artifact)
      context.wake(null)
      return reply.status(201).send(artifact)
    })
  })
  app.get('/artifacts/sha256/:sha256', { config: { right: 'public', rate: 'download' }, schema: { summary: 'A file by its hash', params } }, async (request, reply) => {
    const { sha256 } = request.params
    const path = context.assets.bundles.find((bundle) => bundle.sha256 === sha256)?.path ?? join(context.home.artifacts, sha256)
    if (!existsSync(path)) throw new DroverError('artifact.unknown', `nothing has the SHA-256 ${sha256}`)
    const { size } = await stat(path)
    return reply.header('content-length', size).type('application/octet-stream').send(createReadStream(path))
  })
}

/** Streams to a temporary file while hashing; the name appears only when the hash is right. Returns the size in bytes. */
const receive = async (body: NodeJS.ReadableStream, target: { path: string; sha256: string }): Promise<number> => {
  const temporary = `${target.path}.${crypto.randomUUID()}${UPLOAD_ENDING}`
  const hash = createHash('sha256')
  let size = 0
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      hash.update(chunk)
      done(size > LARGEST ? new DroverError('request.too-large', 'an artifact may have 4 GiB') : null, chunk)
    },
  })
  try {
    await pipeline(body, tap, createWriteStream(temporary, { mode: 0o600 }))
    const found = hash.digest('hex')
    if (found !== target.sha256) throw new DroverError('binary.hash', `the file has SHA-256 ${found}, not ${target.sha256}`)
    const file = await open(temporary, 'r')
    await file.sync()
    await file.close()
    await rename(temporary, target.path)
    return size
  } finally {
    await rm(temporary, { force: true })
  }
}
