import { mkdirSync, openSync, closeSync, readSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { COPY_HEAD, NameSchema, type Snapshot, SnapshotNameSchema, type Time } from '@drover/protocol'
import { readCopyHead } from '@drover/protocol/node'
import { UPLOAD_ENDING } from '../clear-uploads.ts'

/** A whole copy on the coordinator: what it is of and since when it is there. */
export type Copy = { readonly snapshot: Snapshot; readonly since: Time }

const ENDING = '.copy'
/** How long the beginning of a copy is kept that nothing is added to. */
const HALVES_STAY = 7 * 86_400_000

/** The file of a copy, and the one that holds it until it is whole; one content has one such file. */
export const copyFiles = (folder: string, { cluster, name, sha256 }: Pick<Snapshot, 'cluster' | 'name' | 'sha256'>): { readonly whole: string; readonly part: string } => {
  const base = join(folder, NameSchema.parse(cluster), SnapshotNameSchema.parse(name))
  return { whole: `${base}${ENDING}`, part: `${base}.${sha256.slice(0, 12)}${UPLOAD_ENDING}` }
}

/** What a copy is known by in memory. */
export const copyKey = (cluster: string, name: string): string => `${cluster}/${name}`

/** The first bytes of a file, in which the head of a copy is. */
export const readStart = (path: string): Uint8Array => {
  const file = openSync(path, 'r')
  try {
    const start = new Uint8Array(COPY_HEAD)
    return start.subarray(0, readSync(file, start, 0, start.length, 0))
  } finally {
    closeSync(file)
  }
}

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const readCopy = (path: string, name: string): Copy | null => {
  const head = readCopyHead(readStart(path))
  return head === null || `${head.snapshot.name}${ENDING}` !== name ? null : { snapshot: head.snapshot, since: Math.floor(statSync(path).mtimeMs) }
}

/** The whole copies below a folder by their heads alone; the files are what there is, no list is kept beside them. */
export const readCopies = (folder: string): Map<string, Copy> => {
  const copies = new Map<string, Copy>()
  for (const cluster of namesIn(folder)) {
    for (const name of namesIn(join(folder, cluster)).filter((one) => one.endsWith(ENDING))) {
      const copy = readCopy(join(folder, cluster, name), name)
      if (copy?.snapshot.cluster === cluster) copies.set(copyKey(cluster, copy.snapshot.name), copy)
    }
  }
  return copies
}

/** Removes halves that nothing has come to for a week; how many. */
export const clearHalves = (folder: string, now: Time): number => {
  const halves = namesIn(folder).flatMap((cluster) => namesIn(join(folder, cluster)).map((name) => join(folder, cluster, name)))
  const old = halves.filter((path) => path.endsWith(UPLOAD_ENDING) && now - statSync(path).mtimeMs > HALVES_STAY)
  for (const path of old) rmSync(path, { force: true })
  return old.length
}

/** Makes the folder of a cluster's copies. */
export const makeCopyFolder = (folder: string, cluster: string): void => void mkdirSync(join(folder, NameSchema.parse(cluster)), { recursive: true, mode: 0o700 })
