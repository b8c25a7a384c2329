import { type FileHandle, open } from 'node:fs/promises'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { COPY_FRAME, copyFrame, copyRange, type CopyStanding, CopyStandingSchema, DroverError, frameHolding, ProblemSchema } from '@drover/protocol'
import { type CopySealer, freeBytes } from '@drover/protocol/node'
import type { Upload, UploadTarget } from '../host.ts'
import { connectPinned } from './pinned.ts'

/** Cuts without a byte of progress between them that are got over. */
const TRIES = 3
const SILENCE_MS = 60_000
/** The coordinator opens the whole copy before it answers. */
const JUDGING_MS = 900_000
const LARGEST_ANSWER = 65_536

const unreached = (target: UploadTarget, reason: string): DroverError => new DroverError('copy.unreached', `${new URL(target.url).host}: ${reason}`)

type Asked = { readonly method: 'GET' | 'PUT'; readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal }

/** A request over a connection whose key is the pinned one; an upload goes nowhere else. */
const begin = async (target: UploadTarget, { method, headers, signal }: Asked): Promise<ClientRequest> => {
  const url = new URL(target.url)
  if (url.protocol !== 'https:' || target.pin === null) throw unreached(target, 'its key is not known, and a copy goes to no other')
  const socket = await connectPinned(url, target.pin).catch((error: unknown) => {
    throw unreached(target, error instanceof Error ? error.message : String(error))
  })
  const all = { 'user-agent': 'drover-agent', connection: 'close', authorization: target.authorization, ...headers }
  return httpRequest(url.href.replace(/^https:/, 'http:'), { method, headers: all, signal, timeout: SILENCE_MS, createConnection: () => socket })
}

/** What the coordinator answers: how the copy stands, else the error that it names. */
const readAnswer = async (target: UploadTarget, answer: IncomingMessage): Promise<CopyStanding> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > LARGEST_ANSWER) throw unreached(target, 'it answers more than 64 KiB')
    chunks.push(chunk)
  }
  const body = parsed(Buffer.concat(chunks).toString('utf8'))
  const standing = CopyStandingSchema.safeParse(body)
  if (answer.statusCode === 200 && standing.success) return standing.data
  const problem = ProblemSchema.safeParse(body)
  if (problem.success) throw new DroverError(problem.data.code, problem.data.message)
  throw unreached(target, `it answered ${String(answer.statusCode)}`)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The answer to a request; faults of the connection are copy.unreached. */
const answerOf = (target: UploadTarget, sent: ClientRequest): Promise<CopyStanding> =>
  new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error instanceof DroverError ? error : unreached(target, error.message))
    sent.on('timeout', () => sent.destroy(new Error('no word for too long')))
    sent.on('error', fail)
    sent.on('response', (answer) => void readAnswer(target, answer).then(resolve, fail))
  })

/** How much of a copy the coordinator has. */
export const askUploaded = async (target: UploadTarget, signal: AbortSignal): Promise<CopyStanding> => {
  const sent = await begin(target, { method: 'GET', headers: {}, signal })
  sent.end()
  return answerOf(target, sent)
}

/** The bytes of the sealed copy from a place on, frame by frame. */
async function* sealedFrom(file: FileHandle, { head, layout, seal }: CopySealer, place: number): AsyncGenerator<Uint8Array> {
  if (place < head.length) yield head.slice(place)
  const plain = new Uint8Array(COPY_FRAME)
  const last = layout.frames - 1
  for (let index = frameHolding(layout, place); index <= last; index += 1) {
    const frame = copyFrame(layout, index)
    await readWhole(file, plain.subarray(0, frame.plain), frame.from)
    const sealed = seal(index, plain.subarray(0, frame.plain))
    yield sealed.subarray(Math.max(0, place - frame.at))
  }
}

const readWhole = async (file: FileHandle, into: Uint8Array, from: number): Promise<void> => {
  for (let had = 0; had < into.length; ) {
    const { bytesRead } = await file.read(into, had, into.length - had, from + had)
    if (bytesRead === 0) throw new DroverError('snapshot.damaged', 'the snapshot is shorter than it was')
    had += bytesRead
  }
}

type Stretch = { readonly file: FileHandle; readonly place: number; readonly signal: AbortSignal; readonly onSent: (bytes: number) => void }

/** Sends all from a place on; what is written waits for the connection, so that no more than a frame or two are in memory. */
const send = async (upload: Upload, { file, place, signal, onSent }: Stretch): Promise<CopyStanding> => {
  const { total } = upload.sealer.layout
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(total - place), 'content-range': copyRange(place, total) }
  const sent = await begin(upload, { method: 'PUT', headers, signal })
  const over = new AbortController()
  const isOver = (): boolean => over.signal.aborted
  const answered = answerOf(upload, sent).finally(() => over.abort())
  answered.catch(() => undefined)
  try {
    for await (const bytes of sealedFrom(file, upload.sealer, place)) {
      if (isOver()) break
      const { length } = bytes
      await written(sent, bytes, over.signal)
      onSent(length)
      if (!isOver()) freeBytes(bytes)
    }
    sent.setTimeout(JUDGING_MS)
    if (!isOver()) sent.end()
    return await answered
  } finally {
    sent.destroy()
  }
}

/** Resolves when the connection has taken the bytes, or is over. */
const written = (sent: ClientRequest, bytes: Uint8Array, over: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      over.removeEventListener('abort', done)
      resolve()
    }
    over.addEventListener('abort', done)
    sent.write(bytes, done)
  })

/** Whether what went wrong may be over at the next try: a cut connection, or a place that the coordinator did not have yet. */
const isPassing = (error: unknown): boolean => error instanceof DroverError && (error.code === 'copy.unreached' || error.code === 'copy.cut' || error.code === 'copy.range')

/** Brings a file below `root` to the coordinator; after a cut it goes on from what has come, as long as each try brings something. */
export const uploadFrom = async (root: string, upload: Upload, signal: AbortSignal): Promise<{ sent: number }> => {
  const { total } = upload.sealer.layout
  const file = await open(`${root}${upload.from}`, 'r')
  let sent = 0
  let best = -1
  try {
    for (let left = TRIES; ; left -= 1) {
      try {
        const { bytes: place, whole } = await askUploaded(upload, signal)
        if (whole) return { sent }
        if (place > best) left = TRIES
        best = Math.max(best, place)
        upload.onBytes(place, total)
        let here = place
        const onSent = (bytes: number): void => {
          sent += bytes
          here += bytes
          upload.onBytes(here, total)
        }
        await send(upload, { file, place, signal, onSent })
        return { sent }
      } catch (error) {
        if (left <= 1 || signal.aborted || !isPassing(error)) throw error
        await wait(500 + Math.random() * 1500, undefined, { signal }).catch(() => undefined)
      }
    }
  } finally {
    await file.close()
  }
}
