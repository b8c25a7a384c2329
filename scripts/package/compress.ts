import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const gzipped = promisify(gzip)

/** How a piece of an archive is packed: gzip by level (0 stores it), xz at its best, xz with the filter for x86 code. */
export type Packing = 'gzip-0' | 'gzip-1' | 'gzip-9' | 'xz' | 'xz-x86'

const WORTH_KEEPING = 8_000_000

// There is an xz filter for arm64 too, but xz before 5.4 (Debian 11, Ubuntu 22.04) cannot read it; x86's is as old as the format.
const XZ: Readonly<Record<'xz' | 'xz-x86', readonly string[]>> = {
  xz: ['--lzma2=preset=9e'],
  'xz-x86': ['--x86', '--lzma2=preset=9e'],
}

/** Packs bytes; large ones are taken from the cache folder where they were packed so before (xz of Node takes 80 s). */
export const compress = async (bytes: Uint8Array, packing: Packing, cache: string): Promise<Uint8Array> => {
  if (bytes.byteLength < WORTH_KEEPING || packing === 'gzip-0') return pack(bytes, packing)
  const file = join(cache, `${createHash('sha256').update(bytes).digest('hex')}.${packing}`)
  if (existsSync(file)) return readFileSync(file)
  const packed = await pack(bytes, packing)
  mkdirSync(cache, { recursive: true })
  writeFileSync(`${file}.${String(process.pid)}`, packed)
  renameSync(`${file}.${String(process.pid)}`, file)
  return packed
}

const pack = async (bytes: Uint8Array, packing: Packing): Promise<Uint8Array> => {
  if (packing === 'xz' || packing === 'xz-x86') return piped(['xz', '--compress', '--stdout', '--threads=1', ...XZ[packing]], bytes)
  // at its best the gzip program packs Node 3 % smaller than the zlib inside Node; else the latter needs nothing installed
  if (packing === 'gzip-9') return piped(['gzip', '-9', '--no-name'], bytes)
  return gzipped(bytes, { level: Number(packing.at(-1)) })
}

const piped = async ([command, ...args]: readonly [string, ...string[]], bytes: Uint8Array): Promise<Uint8Array> => {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stdin.on('error', () => undefined) // it ended early: its exit code tells
  child.stdin.end(bytes)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', cause => reject(new Error(`${command} is needed to pack, and is not here`, { cause })))
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}`)
  return Buffer.concat(chunks)
}
