import { createHash } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { dirname } from 'node:path'
import { DroverError } from '@drover/protocol'
import { etcdWords } from '../../core/parse/etcd-gateway.ts'
import { parseSnapshotLine } from '../../core/parse/etcd-snapshot-line.ts'
import type { LoopbackRequest, MemberCopy } from '../host.ts'
import { errnoOf, orNull } from './errno.ts'
import { readCertificates } from './loopback.ts'
import { syncFolder } from './write-files.ts'

/** A member that gives nothing for so long (ms) gives nothing more. */
const SILENCE_MS = 60_000
/** etcd sends pieces of 32 KiB. */
const LONGEST_LINE = 1_048_576
const NEWLINE = 10
/** etcd's data are pages, and behind them is their SHA-256. */
const SEAL = 32
const PAGE = 512

const cut = (message: string): DroverError => new DroverError('etcd.copy', `etcd on this host gave no whole copy of itself: ${message}`)

/** Writes what this host's etcd member gives of itself to a new, durable file (0600), piece by piece, and checks etcd's own seal; resolves with its bytes. */
export const copyEtcd = async (asked: LoopbackRequest, { to, onBytes }: MemberCopy, signal: AbortSignal): Promise<number> => {
  await orNull(unlink(to))
  const file = await open(to, 'wx', 0o600)
  try {
    const bytes = await receive(await ask(asked, signal), file, onBytes)
    await file.sync()
    await syncFolder(dirname(to))
    return bytes
  } catch (error) {
    throw faultOf(error, to)
  } finally {
    await file.close()
  }
}

const faultOf = (error: unknown, to: string): DroverError => {
  if (error instanceof DroverError) return error
  if (errnoOf(error) === 'ENOSPC') return new DroverError('step.space', `the disk is full: ${to} does not fit`, { cause: error })
  return cut(error instanceof Error ? error.message : String(error))
}

const ask = async (asked: LoopbackRequest, signal: AbortSignal): Promise<IncomingMessage> => {
  const certificates = await readCertificates(asked)
  if (certificates === null) throw cut('its certificates cannot be read')
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(asked.url, { method: 'POST', signal, agent: false, timeout: SILENCE_MS, ...certificates }, resolve)
    sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${String(SILENCE_MS / 1000)} s`)))
    sent.on('error', reject)
    sent.end(asked.body)
  })
}

const receive = async (answer: IncomingMessage, file: FileHandle, onBytes: MemberCopy['onBytes']): Promise<number> => {
  const seal = openSeal()
  let bytes = 0
  for await (const line of linesOf(answer)) {
    if (answer.statusCode !== 200) throw cut(etcdWords(line))
    const read = parseSnapshotLine(line)
    if (read.is === 'refused') throw cut(read.words)
    const piece = Buffer.from(read.base64, 'base64')
    seal.take(piece)
    await file.writeFile(piece) // all of it: write may be short where the disk fills
    bytes += piece.length
    onBytes(bytes)
  }
  if (answer.statusCode !== 200) throw cut(`it answered ${String(answer.statusCode)}`)
  if (bytes % PAGE !== SEAL || !seal.holds()) throw new DroverError('snapshot.damaged', `what etcd gave of itself, ${String(bytes)} bytes, is not what its own SHA-256 at their end says`)
  return bytes
}

/** Lines of an answer, each of bounded length; the last one may lack its end. */
async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield rest.toString('utf8', 0, end)
      rest = rest.subarray(end + 1)
    }
    if (rest.length > LONGEST_LINE) throw cut('it answers with lines that are too long')
  }
  if (rest.length > 0) yield rest.toString('utf8')
}

/** Reckons the SHA-256 over all but the last bytes, and compares it with those. */
const openSeal = (): { readonly take: (piece: Buffer) => void; readonly holds: () => boolean } => {
  const hash = createHash('sha256')
  let tail: Buffer = Buffer.alloc(0)
  return {
    take: (piece) => {
      const all = Buffer.concat([tail, piece])
      const end = Math.max(0, all.length - SEAL)
      hash.update(all.subarray(0, end))
      tail = all.subarray(end)
    },
    holds: () => hash.digest().equals(tail),
  }
}
