import { DroverError } from '@drover/protocol'
import { installerFor } from '../assets.ts'
import type { ApiPlugin } from './types.ts'

/** The agent's installer, with the pin and the bundle hashes of this coordinator in it; holds no secret. */
export const installer: ApiPlugin = (app, context) => {
  app.get('/install.sh', { config: { right: 'public', rate: 'download' }, schema: { summary: 'The agent installer' } }, async (_request, reply) => {
    if (context.assets.bundles.length === 0) throw new DroverError('artifact.unknown', 'this coordinator was started without agent bundles: start it from its archive')
    return reply.type('text/x-shellscript').send(installerFor(context.assets, context.keys.pin, context.version))
  })
}
