import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import * as fs from 'node:fs'
import { promisify } from 'node:util'
import type { FileStat, HostReader } from '../host.ts'
import { type AbsolutePath, absolutePath, folderOf } from '../path.ts'
import { orNull } from './errno.ts'

const MIB = 1_048_576
/** Also small files are hashed, every few seconds. */
const PART = 65_536
/** What the kernel makes when it is read (/proc, /sys) says that it has no bytes, and mostly has few. */
const UNSIZED = 4_096

// The resident agent reads by these every few seconds; node:fs/promises would stay in its memory (0.8 MB).
const close = promisify(fs.close)
const fstat = promisify(fs.fstat)
const lstat = promisify(fs.lstat)
const open = promisify(fs.open)
const readdir = promisify(fs.readdir)
const readInto = promisify(fs.read)
const readlink = promisify(fs.readlink)
const statfs = promisify(fs.statfs)

const kindOf = (stats: Stats): FileStat['kind'] => {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  return stats.isSymbolicLink() ? 'link' : 'other'
}

const shown = (stats: Stats): FileStat => ({
  kind: kindOf(stats),
  mode: stats.mode & 0o7777,
  uid: stats.uid,
  bytes: stats.size,
  modifiedMs: Math.floor(stats.mtimeMs),
  device: stats.dev,
})

/** The half of a host that reads files. `root` comes before every path: empty on a real host, a folder in tests. */
export type FileReader = Pick<HostReader, 'readFile' | 'stat' | 'list' | 'readLink' | 'sha256' | 'freeBytes' | 'which'>

const PEOPLES_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const

const readWhole = async (path: string, maxBytes: number): Promise<Uint8Array> => {
  const file = await open(path, 'r')
  try {
    const stats = await fstat(file)
    if (!stats.isFile()) throw new Error(`${path} is not a regular file`)
    if (stats.size > maxBytes) throw new Error(`${path} has ${String(stats.size)} bytes, more than ${String(maxBytes)}`)
    return await readToEnd(file, { first: stats.size === 0 ? UNSIZED : stats.size + 1, maxBytes, path })
  } finally {
    await close(file)
  }
}

/** fs.readFile takes 64 kB for whatever does not say its size, and these are read a dozen at a time. */
const readToEnd = async (file: number, { first, maxBytes, path }: { first: number; maxBytes: number; path: string }): Promise<Uint8Array> => {
  let bytes = new Uint8Array(first)
  for (let length = 0; ; ) {
    const { bytesRead } = await readInto(file, bytes, length, bytes.length - length, null)
    if (bytesRead === 0) return bytes.slice(0, length)
    length += bytesRead
    if (length > maxBytes) throw new Error(`${path} grew beyond ${String(maxBytes)} bytes`)
    if (length === bytes.length) bytes = grown(bytes)
  }
}

const grown = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const more = new Uint8Array(bytes.length * 2)
  more.set(bytes)
  return more
}

/** One buffer for the whole file: what a stream leaves behind of a large one is collected late. */
const hashOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  const file = await open(path, 'r')
  try {
    const part = new Uint8Array(PART)
    for (;;) {
      const { bytesRead } = await readInto(file, part, 0, PART, null)
      if (bytesRead === 0) break
      hash.update(part.subarray(0, bytesRead))
    }
    return hash.digest('hex')
  } finally {
    await close(file)
  }
}

/** Builds the file half of a reader. */
export const createFileReader = (root: string): FileReader => {
  const at = (path: AbsolutePath): string => `${root}${path}`
  const stat = async (path: AbsolutePath): Promise<FileStat | null> => {
    const stats = await orNull(lstat(at(path)))
    return stats === null ? null : shown(stats)
  }
  const freeBytes = async (path: AbsolutePath): Promise<number> => {
    const space = await orNull(statfs(at(path)))
    if (space !== null) return space.bavail * space.bsize
    return path === '/' ? 0 : freeBytes(folderOf(path))
  }
  return {
    stat,
    freeBytes,
    readFile: (path, maxBytes = MIB) => orNull(readWhole(at(path), maxBytes)),
    list: async (path) => (await orNull(readdir(at(path))))?.toSorted() ?? null,
    readLink: async (path) => ((await stat(path))?.kind === 'link' ? readlink(at(path)) : null),
    sha256: async (path) => ((await stat(path))?.kind === 'file' ? hashOf(at(path)) : null),
    which: async (name) => {
      for (const folder of PEOPLES_PATH) {
        const path = absolutePath(`${folder}/${name}`)
        if ((await stat(path)) !== null) return path
      }
      return null
    },
  }
}
