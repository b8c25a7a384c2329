import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { IncomingMessage } from 'node:http'
import { type SnapshotShown, SnapshotShownSchema } from '@drover/protocol'
import * as z from 'zod'
import { CliError } from '../cli-error.ts'
import type { Io } from '../io.ts'
import { sizeText } from '../render/listings.ts'

/** A snapshot of which the coordinator has a copy, and the file that it goes to. */
export type SnapshotDownload = { readonly cluster: string; readonly name: string; readonly to: string }

/** Brings the opened copy of a snapshot to a new file of the caller's alone (0600); it has its name only once it is whole and right. */
export const downloadSnapshot = async (io: Io, { cluster, name, to }: SnapshotDownload): Promise<void> => {
  if ((await stat(to).catch(() => null)) !== null) throw new CliError(2, `${to} is there already`, { remedy: 'Name another file: nothing is overwritten.' })
  const snapshot = await copyOf(io, cluster, name)
  const half = `${to}.part`
  const file = await openNew(half)
  try {
    await receive(await io.client().open(`/api/v1/clusters/${cluster}/snapshots/${name}/copy`), file, snapshot)
    await file.sync()
    await rename(half, to)
    await syncFolder(dirname(to))
  } catch (error) {
    await rm(half, { force: true })
    throw error instanceof CliError ? error : new CliError(1, `snapshot ${name} did not arrive: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    await file.close()
  }
  io.out(`${to}: snapshot ${name} of ${cluster}, ${sizeText(snapshot.bytes)}, ${String(snapshot.objects)} objects, SHA-256 ${snapshot.sha256}. It holds all secrets of the cluster.\n`)
}

const copyOf = async (io: Io, cluster: string, name: string): Promise<SnapshotShown> => {
  const all = await io.client().call({ method: 'GET', path: '/api/v1/snapshots', answer: z.array(SnapshotShownSchema) })
  const found = all.find((one) => one.cluster === cluster && one.name === name && one.copied !== null)
  if (found === undefined) throw new CliError(1, `the coordinator has no copy of snapshot ${name} of ${cluster}`, { remedy: `See where each is with drover get snapshots ${cluster}` })
  return found
}

const openNew = (path: string): Promise<FileHandle> =>
  open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(2, `cannot write ${path}: ${error.code ?? error.message}`, error.code === 'EEXIST' ? { remedy: 'Another download goes on, or one was broken off: remove that file.' } : {})
  })

const receive = async (answer: IncomingMessage, file: FileHandle, { bytes, sha256, name }: SnapshotShown): Promise<void> => {
  const hash = createHash('sha256')
  let had = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    had += chunk.length
    hash.update(chunk)
    await file.writeFile(chunk)
  }
  if (had !== bytes || hash.digest('hex') !== sha256) throw new CliError(1, `what came is not snapshot ${name}: ${String(had)} of ${String(bytes)} bytes`, { remedy: 'Try again; where that repeats the copy is damaged: see the log of the coordinator.' })
}

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r')
  await folder.sync()
  await folder.close()
}
