import * as z from 'zod'
import { ApproveBodySchema, DroverError, ForecastIdSchema, ForecastSchema, RunSchema } from '@drover/protocol'
import type { Context } from '../context.ts'
import { approve } from '../loop/approve.ts'
import { readContent } from '../loop/make-forecast.ts'
import { showForecast } from '../show/forecast.ts'
import { showRun } from '../show/run.ts'
import { type ForecastRow, readForecast, readRunOfForecast } from '../store/forecasts.ts'
import type { ApiPlugin } from './types.ts'

const params = z.strictObject({ id: ForecastIdSchema })

/** Forecasts: one, and its approval by hash, which starts a run. */
export const forecasts: ApiPlugin = (app, context) => {
  app.get('/api/v1/forecasts/:id', { config: { right: 'read' }, schema: { summary: 'One forecast', params, response: { 200: ForecastSchema } } }, async (request) => {
    const row = await found(context, request.params.id)
    return showForecast(context.world, row, { content: readContent(row), run: await readRunOfForecast(context.db, row.id) })
  })
  app.post('/api/v1/forecasts/:id/approve', { config: { right: 'operate', rate: 'apply' }, schema: { summary: 'Approve a forecast by the hash of its bytes', params, body: ApproveBodySchema, response: { 201: RunSchema } } }, async (request, reply) => {
    const row = await found(context, request.params.id)
    if (readContent(row).requests.length > 0 && request.principal.role !== 'admin') throw new DroverError('auth.forbidden', 'deleting a cluster needs the role admin')
    const run = await approve(context, { row, hash: request.body.hash, by: request.principal.name })
    return reply.status(201).send(await showRun(context, run))
  })
}

const found = async (context: Context, id: string): Promise<ForecastRow> => {
  const row = await readForecast(context.db, id)
  if (row === null) throw new DroverError('resource.unknown', `no forecast ${id}`)
  return row
}
