import { chmodSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { DroverError } from '@drover/protocol'

/** A database and the native binding it was opened by (in a bundle there is no package to find it in). */
export type Source = { readonly raw: Database.Database; readonly nativeBinding?: string | undefined }

/** Options of better-sqlite3 for a binding that lies beside the program, where there is one. */
export const bindingOption = (nativeBinding: string | undefined): { nativeBinding?: string } => (nativeBinding === undefined ? {} : { nativeBinding })

/** Writes a consistent copy by SQLite's own backup and opens it again to check it. */
export const backupTo = async ({ raw, nativeBinding }: Source, to: string): Promise<void> => {
  await raw.backup(to)
  chmodSync(to, 0o600)
  const copy = new Database(to, { readonly: true, ...bindingOption(nativeBinding) })
  const answer = copy.pragma('integrity_check(1)', { simple: true })
  copy.close()
  for (const beside of [`${to}-wal`, `${to}-shm`]) rmSync(beside, { force: true })
  if (answer !== 'ok') throw new DroverError('internal', `the backup ${to} is not sound: ${String(answer)}`)
}
