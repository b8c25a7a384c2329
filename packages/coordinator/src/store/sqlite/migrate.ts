import { DroverError } from '@drover/protocol'
import { MIGRATIONS } from './migrations/index.ts'
import { backupTo, type Source } from './backup.ts'

/** Brings the schema forward, each migration atomic with its number; a database that holds data is copied before. */
export const migrate = async (
  source: Source,
  about: { readonly file: string; readonly fresh: boolean; readonly now: number },
): Promise<void> => {
  const { raw } = source
  const version = raw.pragma('user_version', { simple: true }) as number
  if (version > MIGRATIONS.length) {
    throw new DroverError('internal', `${about.file} was written by a newer Drover (schema ${String(version)}): install that version`)
  }
  if (version === MIGRATIONS.length) return
  if (!about.fresh) await backupTo(source, `${about.file}.before-${String(MIGRATIONS.length)}-${String(about.now)}`)
  for (const [index, sql] of MIGRATIONS.entries()) {
    raw
      .transaction(() => {
        if ((raw.pragma('user_version', { simple: true }) as number) > index) return
        raw.exec(sql)
        raw.pragma(`user_version = ${String(index + 1)}`)
      })
      .immediate()
  }
}
