import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from './context.ts'
import { forgetAnswers } from './store/requests.ts'

const HOUR = 3_600_000
const KEPT = 24

/** Every hour: writes a verified copy of the database, keeps the newest 24, and forgets answered kubeconfigs. Returns how to stop. */
export const keepBackups = (context: Context, backup: (file: string) => Promise<void>): (() => void) => {
  const once = async (): Promise<void> => {
    const stamp = new Date(context.now()).toISOString().replaceAll(/[:.]/g, '-')
    await backup(join(context.home.backups, `drover-${stamp}.db`))
    await forgetAnswers(context.db, context.now() - HOUR)
    const names = (await readdir(context.home.backups)).filter((name) => /^drover-.*\.db$/.test(name)).toSorted()
    for (const name of names.slice(0, -KEPT)) await rm(join(context.home.backups, name))
  }
  const timer = setInterval(() => {
    once().catch((error: unknown) => context.log.error({ error }, 'hourly backup failed'))
  }, HOUR)
  timer.unref()
  return () => clearInterval(timer)
}
