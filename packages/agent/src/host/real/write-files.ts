import { constants, createReadStream } from 'node:fs'
import { chmod, chown, copyFile, link, lstat, mkdir, open, readdir, rename, rmdir, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { DroverError } from '@drover/protocol'
import { sysctlPath } from '../../core/inventory/kernel-defaults.ts'
import type { HostChanges } from '../host.ts'
import { type AbsolutePath, folderOf } from '../path.ts'
import { errnoOf, orNull } from './errno.ts'

/** The half of a host that changes files. */
export type FileWriter = Pick<
  HostChanges,
  'writeFile' | 'makeFolder' | 'remove' | 'removeEmpty' | 'removeTree' | 'rename' | 'symlink' | 'setMode' | 'duplicate' | 'copy' | 'setSysctl'
>

/** Makes what happened in a folder durable. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const syncFile = syncFolder

/** The name that a file has until it is whole; one name per target, so that what a crash left is overwritten. */
export const temporary = (path: string): string => {
  const cut = path.lastIndexOf('/')
  return `${path.slice(0, cut)}/.${path.slice(cut + 1)}.drover-tmp`
}

const writeWhole = async (path: string, bytes: Uint8Array, mode: number): Promise<void> => {
  const name = temporary(path)
  await orNull(unlink(name))
  const file = await open(name, 'wx', mode)
  try {
    await file.writeFile(bytes)
    await file.chmod(mode)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(name, path)
}

/** Runs a change that goes through the temporary name of a path; where it fails (a full disk), nothing is left under that name. */
const tidied = async (path: string, change: () => Promise<void>): Promise<void> => {
  try {
    await change()
  } catch (error) {
    await unlink(temporary(path)).catch(() => undefined)
    throw error
  }
}

const copyWhole = async (from: string, to: string): Promise<void> => {
  const stats = await lstat(from)
  await copyFile(from, to)
  await chown(to, stats.uid, stats.gid)
  await chmod(to, stats.mode & 0o7777)
  await utimes(to, stats.atime, stats.mtime)
  await syncFile(to)
}

/** By reading and writing: copyFile brings the owner along, who could hold the file open for good. */
const copyBytes = async (from: string, to: string): Promise<void> => {
  const file = await open(to, 'wx', 0o600)
  try {
    for await (const chunk of createReadStream(from, { highWaterMark: 1_048_576 })) await file.writeFile(chunk as Uint8Array)
    await file.sync()
  } finally {
    await file.close()
  }
}

const linkOrCopy = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to)
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK'].includes(errnoOf(error))) throw error
    await copyWhole(from, to)
  }
}

/** Removes all below a path that is on the same device; a folder that holds a foreign mount stays and is an error. */
const removeBelow = async (path: string, device: number): Promise<void> => {
  const stats = await orNull(lstat(path))
  if (stats === null) return
  if (stats.dev !== device) throw new Error(`${path} is on another file system`)
  if (!stats.isDirectory()) return unlink(path)
  for (const name of await readdir(path)) await removeBelow(`${path}/${name}`, device)
  await rmdir(path)
}

const NOT_EMPTY: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST', 'EBUSY', 'ENOTDIR', 'ENOENT'])

const removeIfEmpty = async (path: string): Promise<boolean> => {
  try {
    await rmdir(path)
    return true
  } catch (error) {
    if (NOT_EMPTY.has(errnoOf(error))) return false
    throw error
  }
}

/** In place: the kernel takes a value by one write, and its files cannot be replaced. */
const writeValue = async (path: string, name: string, value: number): Promise<void> => {
  try {
    await writeFile(path, `${String(value)}\n`, { flag: constants.O_WRONLY | constants.O_TRUNC })
  } catch (error) {
    throw new DroverError('sysctl.refused', `the kernel does not take ${name} = ${String(value)}`, { evidence: String(error), cause: error })
  }
}

/** Builds the file half of a writer; `root` as in the reader. */
export const createFileWriter = (root: string): FileWriter => {
  const at = (path: AbsolutePath): string => `${root}${path}`
  const makeFolder = async (path: AbsolutePath, mode: number): Promise<void> => {
    if ((await orNull(lstat(at(path)))) !== null) return
    if (path !== '/') await makeFolder(folderOf(path), 0o755)
    await mkdir(at(path), { mode })
    await chmod(at(path), mode)
    await syncFolder(at(folderOf(path)))
  }
  const changed = async (path: AbsolutePath, change: () => Promise<unknown>): Promise<void> => {
    await makeFolder(folderOf(path), 0o755)
    await change()
    await syncFolder(at(folderOf(path)))
  }
  const replace = (path: AbsolutePath, make: (name: string) => Promise<void>): Promise<void> =>
    changed(path, () =>
      tidied(at(path), async () => {
        const name = temporary(at(path))
        await orNull(unlink(name))
        await make(name)
        await rename(name, at(path))
        await orNull(unlink(name)) // rename between two names of one file does nothing and leaves both
      }),
    )
  return {
    makeFolder,
    writeFile: (path, bytes, mode) => changed(path, () => tidied(at(path), () => writeWhole(at(path), bytes, mode))),
    remove: async (path) => {
      await orNull(unlink(temporary(at(path)))) // what a crash left on the way to this file goes with it
      if ((await orNull(lstat(at(path)))) === null) return
      await changed(path, () => orNull(unlink(at(path))))
    },
    removeEmpty: (path) => removeIfEmpty(at(path)),
    removeTree: async (path) => {
      const stats = await orNull(lstat(at(path)))
      if (stats !== null) await changed(path, () => removeBelow(at(path), stats.dev))
    },
    rename: (from, to) =>
      changed(to, async () => {
        await rename(at(from), at(to))
        await syncFolder(at(folderOf(from)))
      }),
    symlink: (target, path) => replace(path, (name) => symlink(target, name)),
    setMode: (path, mode) => changed(path, () => chmod(at(path), mode)),
    duplicate: (from, to) => replace(to, (name) => linkOrCopy(at(from), name)),
    setSysctl: (name, value) => writeValue(`${root}${sysctlPath(name)}`, name, value),
    copy: (from, to) => replace(to, (name) => copyBytes(at(from), name)),
  }
}
