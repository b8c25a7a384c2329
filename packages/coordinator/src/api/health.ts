import { HealthSchema } from '@drover/protocol'
import { EPOCH_SEEN } from '../enrol/note-epoch.ts'
import { readSetting } from '../store/settings.ts'
import type { ApiPlugin } from './types.ts'

/** Whether the coordinator and its database answer, and no host has seen a later epoch; needs no token and names nothing. */
export const health: ApiPlugin = (app, context) => {
  app.get('/api/v1/health', { config: { right: 'public' }, schema: { summary: 'Is the coordinator well', response: { 200: HealthSchema } } }, async () => {
    const { database, isLatest } = await readSetting<number>(context.db, EPOCH_SEEN).then(
      (seen) => ({ database: 'ok' as const, isLatest: (seen ?? 0) <= context.epoch }),
      () => ({ database: 'failed' as const, isLatest: true }),
    )
    const active = [...context.world.hosts.values()].filter((host) => host.state === 'active')
    return {
      status: database === 'ok' && isLatest ? ('ok' as const) : ('degraded' as const),
      version: context.version,
      epoch: context.epoch,
      hosts: active.length,
      online: active.filter((host) => context.world.live.get(host.id)?.online === true).length,
      database,
    }
  })
}
