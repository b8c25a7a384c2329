import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import type { HostChanges, HostReader } from '@drover/agent'

type File = { readonly kind: 'file' | 'folder' | 'link'; readonly bytes: Uint8Array; mode: number; readonly modifiedMs: number; readonly target: string; sha256: string | null }

/** The files of a simulated host, in memory: whatever was written when the power goes is still there, but for what lives in memory on a real one. */
export type Disk = Map<string, File>

type Reads = Pick<HostReader, 'readFile' | 'stat' | 'list' | 'readLink' | 'sha256' | 'freeBytes' | 'which'>
type Changes = Pick<HostChanges, 'writeFile' | 'makeFolder' | 'remove' | 'removeEmpty' | 'removeTree' | 'rename' | 'symlink' | 'setMode' | 'duplicate' | 'copy'>

const NONE = new Uint8Array()
const NO_FILE = { mode: 0o755, bytes: NONE, modifiedMs: 0, target: '', sha256: null } as const

const makeFolders = (disk: Disk, path: string): void => {
  if (path === '/' || disk.has(path)) return
  makeFolders(disk, dirname(path))
  disk.set(path, { ...NO_FILE, kind: 'folder' })
}

/** Writes a text, as a program of the host does. */
export const putText = (disk: Disk, path: string, text: string): void => {
  makeFolders(disk, dirname(path))
  disk.set(path, { ...NO_FILE, kind: 'file', bytes: new TextEncoder().encode(text), mode: 0o600 })
}

/** The text of a file; null where there is none. */
export const textOf = (disk: Disk, path: string): string | null => {
  const file = disk.get(path)
  return file?.kind === 'file' ? new TextDecoder().decode(file.bytes) : null
}

const have = (disk: Disk, path: string): File => {
  const file = disk.get(path)
  if (file === undefined) throw new Error(`ENOENT: no such file or directory, '${path}'`)
  return file
}

const within = (disk: Disk, path: string): readonly string[] => [...disk.keys()].filter((one) => one === path || one.startsWith(`${path}/`))

/** Removes a path with all that is below it. */
export const dropTree = (disk: Disk, path: string): void => {
  for (const one of within(disk, path)) disk.delete(one)
}

/** Moves a path with all that is below it. */
export const moveTree = (disk: Disk, from: string, to: string): void => {
  makeFolders(disk, dirname(to))
  for (const path of within(disk, from)) {
    const file = have(disk, path)
    disk.delete(path)
    disk.set(`${to}${path.slice(from.length)}`, file)
  }
}

const hashOf = (file: File): string => {
  file.sha256 ??= createHash('sha256').update(file.bytes).digest('hex')
  return file.sha256
}

const namesIn = (disk: Disk, path: string): readonly string[] | null => {
  if (path !== '/' && disk.get(path)?.kind !== 'folder') return null
  const start = path === '/' ? '/' : `${path}/`
  const names = [...disk.keys()].flatMap((one) => (one.startsWith(start) && !one.includes('/', start.length) ? [one.slice(start.length)] : []))
  return names.toSorted()
}

/** The half of a host that reads these files. */
export const readsOf = (disk: Disk): Reads => ({
  readFile: async (path, maxBytes = 1_048_576) => {
    const file = disk.get(path)
    if (file === undefined) return null
    if (file.kind !== 'file') throw new Error(`${path} is not a regular file`)
    if (file.bytes.length > maxBytes) throw new Error(`${path} has more than ${String(maxBytes)} bytes`)
    return file.bytes
  },
  stat: async (path) => {
    const file = disk.get(path)
    return file === undefined ? null : { kind: file.kind, mode: file.mode, uid: 0, bytes: file.bytes.length, modifiedMs: file.modifiedMs, device: 1 }
  },
  list: async (path) => namesIn(disk, path),
  readLink: async (path) => {
    const file = disk.get(path)
    return file?.kind === 'link' ? file.target : null
  },
  sha256: async (path) => {
    const file = disk.get(path)
    return file?.kind === 'file' ? hashOf(file) : null
  },
  freeBytes: async () => 10 ** 12,
  which: async (name) => {
    const path = `/usr/local/bin/${name}`
    return disk.has(path) ? (path as Awaited<ReturnType<HostReader['which']>>) : null
  },
})

const put = (disk: Disk, path: string, file: File): void => {
  if (disk.get(path)?.kind === 'folder') throw new Error(`EISDIR: ${path}`)
  makeFolders(disk, dirname(path))
  disk.set(path, file)
}

/** The half of a host that changes them. */
export const changesOf = (disk: Disk, now: () => number): Changes => ({
  writeFile: async (path, bytes, mode) => put(disk, path, { ...NO_FILE, kind: 'file', bytes: bytes.slice(), mode, modifiedMs: now() }),
  makeFolder: async (path, mode) => {
    if (disk.has(path)) return
    makeFolders(disk, dirname(path))
    disk.set(path, { ...NO_FILE, kind: 'folder', mode })
  },
  remove: async (path) => void disk.delete(path),
  removeEmpty: async (path) => namesIn(disk, path)?.length === 0 && disk.delete(path),
  removeTree: async (path) => dropTree(disk, path),
  rename: async (from, to) => {
    have(disk, from)
    dropTree(disk, to)
    moveTree(disk, from, to)
  },
  symlink: async (target, path) => put(disk, path, { ...NO_FILE, kind: 'link', target }),
  setMode: async (path, mode) => void (have(disk, path).mode = mode),
  duplicate: async (from, to) => put(disk, to, { ...have(disk, from) }),
  copy: async (from, to) => put(disk, to, { ...have(disk, from), mode: 0o600, modifiedMs: now() }),
})
