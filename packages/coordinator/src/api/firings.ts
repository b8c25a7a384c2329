import * as z from 'zod'
import { FiringShownSchema } from '@drover/protocol'
import { showFirings } from '../show/firings.ts'
import type { ApiPlugin } from './types.ts'

/** What the schedules of hosts did, and when they are due next. */
export const firings: ApiPlugin = (app, context) => {
  app.get('/api/v1/firings', { config: { right: 'read' }, schema: { summary: 'The last planned times of all schedules and what became of them, and the next ones', response: { 200: z.array(FiringShownSchema) } } }, async () =>
    showFirings(context.world, context.now()),
  )
}
