import { HealthSchema } from '@drover/protocol'
import { readSetting } from '../store/settings.ts'
import type { ApiPlugin } from './types.ts'

/** Whether the coordinator and its database answer; needs no token and names nothing. */
export const health: ApiPlugin = (app, context) => {
  app.get('/api/v1/health', { config: { right: 'public' }, schema: { summary: 'Is the coordinator well', response: { 200: HealthSchema } } }, async () => {
    const database = await readSetting(context.db, 'epoch').then(
      () => 'ok' as const,
      () => 'failed' as const,
    )
    const active = [...context.world.hosts.values()].filter((host) => host.state === 'active')
    return {
      status: database === 'ok' ? ('ok' as const) : ('degraded' as const),
      version: context.version,
      epoch: context.epoch,
      hosts: active.length,
      online: active.filter((host) => context.world.live.get(host.id)?.online === true).length,
      database,
    }
  })
}
