import * as z from 'zod'
import { ClusterNameSchema, ForecastSchema, RequestShownSchema, RestorationBodySchema, SnapshotNameSchema, SnapshotShownSchema } from '@drover/protocol'
import { showRequest } from '../loop/requests.ts'
import { askRestore, askSnapshot, askSnapshotDeletion } from '../loop/snapshot-requests.ts'
import { showSnapshots } from '../show/snapshots.ts'
import { foundCluster, shownForecast } from './found.ts'
import type { ApiPlugin } from './types.ts'

const params = z.strictObject({ name: ClusterNameSchema })
const one = z.strictObject({ name: ClusterNameSchema, snapshot: SnapshotNameSchema })

/** Snapshots: list, take, delete, restore. */
export const snapshots: ApiPlugin = (app, context) => {
  app.get('/api/v1/snapshots', { config: { right: 'read' }, schema: { summary: 'All snapshots that hosts report, newest first', response: { 200: z.array(SnapshotShownSchema) } } }, async () =>
    showSnapshots(context.world),
  )

  app.post('/api/v1/clusters/:name/snapshots', { config: { right: 'operate', rate: 'apply' }, schema: { summary: 'Take a snapshot now', params, response: { 202: RequestShownSchema } } }, async (request, reply) => {
    const asked = await askSnapshot(context, foundCluster(context, request.params.name), request.principal.name)
    return reply.status(202).send(showRequest(asked))
  })

  app.post('/api/v1/clusters/:name/snapshots/:snapshot/deletion', { config: { right: 'admin', rate: 'plan' }, schema: { summary: 'Ask to delete a snapshot; its forecast must be approved', params: one, response: { 201: ForecastSchema } } }, async (request, reply) => {
    const { name, snapshot } = request.params
    const made = await askSnapshotDeletion(context, foundCluster(context, name), { snapshot, by: request.principal.name })
    return reply.status(201).send(shownForecast(context, made))
  })

  app.post('/api/v1/clusters/:name/restoration', { config: { right: 'admin', rate: 'plan' }, schema: { summary: 'Ask to put a snapshot in the place of the data; its forecast must be approved', params, body: RestorationBodySchema, response: { 201: ForecastSchema } } }, async (request, reply) => {
    const made = await askRestore(context, foundCluster(context, request.params.name), { ...request.body, by: request.principal.name })
    return reply.status(201).send(shownForecast(context, made))
  })
}
