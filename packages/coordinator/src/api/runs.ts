import * as z from 'zod'
import { DroverError, ProbedSchema, RunIdSchema, RunSchema } from '@drover/protocol'
import type { Context } from '../context.ts'
import { takeTestimony } from '../loop/take-testimony.ts'
import { cancelRun, retryRun } from '../loop/steer.ts'
import { showRun } from '../show/run.ts'
import { readRun, readRuns, type RunRow } from '../store/runs.ts'
import type { ApiPlugin } from './types.ts'

const params = z.strictObject({ id: RunIdSchema })

/** Runs: list, one, cancel, retry. */
export const runs: ApiPlugin = (app, context) => {
  app.get('/api/v1/runs', { config: { right: 'read' }, schema: { summary: 'Runs, newest first', response: { 200: z.array(RunSchema) } } }, async () =>
    Promise.all((await readRuns(context.db)).map((run) => showRun(context, run))),
  )
  app.get('/api/v1/runs/:id', { config: { right: 'read' }, schema: { summary: 'One run', params, response: { 200: RunSchema } } }, async (request) =>
    showRun(context, await found(context, request.params.id)),
  )
  app.post('/api/v1/runs/:id/cancel', { config: { right: 'operate' }, schema: { summary: 'Let the present steps end and send nothing new', params, response: { 200: RunSchema } } }, async (request) =>
    showRun(context, await cancelRun(context, await found(context, request.params.id), request.principal.name)),
  )
  app.post('/api/v1/runs/:id/dialled', { config: { right: 'operate' }, schema: { summary: 'Tell what the drover command reached that was asked to dial', params, body: ProbedSchema, response: { 200: RunSchema } } }, async (request) => {
    const run = await found(context, request.params.id)
    await context.turn(() => takeTestimony(context, 'operator', request.body))
    return showRun(context, run)
  })
  app.post('/api/v1/runs/:id/retry', { config: { right: 'operate', rate: 'apply' }, schema: { summary: 'Go on with a run that asks, failed or was cancelled', params, response: { 200: RunSchema } } }, async (request) =>
    showRun(context, await retryRun(context, await found(context, request.params.id))),
  )
}

const found = async (context: Context, id: string): Promise<RunRow> => {
  const row = await readRun(context.db, id)
  if (row === null) throw new DroverError('resource.unknown', `no run ${id}`)
  return row
}
