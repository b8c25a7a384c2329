import { DroverError } from '@drover/protocol'
import { COUNT_OBJECTS } from '../core/snapshots/meta.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { DATASTORE } from '../host/k3s-datastore.ts'
import { AT } from '../host/k3s-marks.ts'
import { type AbsolutePath, absolutePath, below } from '../host/path.ts'

const SERVER = below(AT.data, 'server')
/** What k3s itself could make anew from the datastore and the token, and what a person would look for. */
const BESIDE = ['token', 'tls', 'cred'] as const

const stagingOf = (copy: AbsolutePath): AbsolutePath => absolutePath(`${copy}.copying`)

/** The datastore in a copy: one file that stands alone. */
export const copiedDatabase = (copy: AbsolutePath): AbsolutePath => below(copy, 'db', 'state.db')

const isSame = async (host: HostReader, from: AbsolutePath, to: AbsolutePath): Promise<boolean> => {
  const [a, b] = [await host.sha256(from), await host.sha256(to)]
  return a !== null && a === b
}

/** A folder with all files and folders below it, or one file; modes are kept, what is neither is left out, and what is the same already is not written. */
const copyTree = async (host: HostWriter, from: AbsolutePath, to: AbsolutePath): Promise<void> => {
  const stat = await host.stat(from)
  if (stat?.kind === 'file' && !(await isSame(host, from, to))) {
    await host.copy(from, to)
    await host.setMode(to, stat.mode)
  }
  if (stat?.kind !== 'folder') return
  await host.makeFolder(to, stat.mode)
  for (const name of (await host.list(from)) ?? []) await copyTree(host, below(from, name), below(to, name))
}

/** True where the copy is there and whole: it has its name only then. */
export const isCopied = async (host: HostReader, copy: AbsolutePath): Promise<boolean> => (await host.stat(copy)) !== null

/** True where a copy was begun, and whether it ended. */
export const isCopyBegun = async (host: HostReader, copy: AbsolutePath): Promise<boolean> => (await isCopied(host, copy)) || (await host.stat(stagingOf(copy))) !== null

/** Begins a copy with token, certificates and credentials, which k3s writes at its start alone, so that it need not be stopped for them; an older copy goes first. */
export const beginCopy = async (host: HostWriter, copy: AbsolutePath): Promise<void> => {
  const staging = stagingOf(copy)
  await dropCopy(host, copy)
  await host.makeFolder(staging, 0o700)
  await host.makeFolder(below(staging, 'db'), 0o700)
  for (const name of BESIDE) await copyTree(host, below(SERVER, name), below(staging, name))
}

/** Ends a copy with the datastore of a k3s that has been stopped, checked by SQLite. */
export const endCopy = async (host: HostWriter, copy: AbsolutePath): Promise<void> => {
  const staging = stagingOf(copy)
  await host.copyDatabase({ from: DATASTORE.sqlite, to: copiedDatabase(staging), count: COUNT_OBJECTS })
  await host.rename(staging, copy)
}

/**
 * Puts the copy in the place of the datastore, then takes what etcd has off the disk: as long as that is there the disk holds
 * neither the one nor the other whole, and it is begun again. The copy stays; k3s has been stopped.
 */
export const goBackToCopy = async (host: HostWriter, copy: AbsolutePath): Promise<void> => {
  if (!(await isCopied(host, copy))) throw new DroverError('k3s.to-etcd', `the copy ${copy} is not there any more: nothing is removed`)
  for (const end of ['-wal', '-shm']) await host.remove(absolutePath(`${DATASTORE.sqlite}${end}`))
  await host.copy(copiedDatabase(copy), DATASTORE.sqlite)
  for (const name of BESIDE) await copyTree(host, below(copy, name), below(SERVER, name))
  await host.remove(DATASTORE.migrated)
  await host.removeTree(DATASTORE.etcd)
}

/** Removes a copy, whole or not; one that is half removed has not the name of a whole one. */
export const dropCopy = async (host: HostWriter, copy: AbsolutePath): Promise<void> => {
  await host.removeTree(stagingOf(copy))
  if (!(await isCopied(host, copy))) return
  await host.rename(copy, stagingOf(copy))
  await host.removeTree(stagingOf(copy))
}
