import * as z from 'zod'
import { ClusterNameSchema, ClusterSchema, DeletionBodySchema, DroverError, EtcdShownSchema, ForecastBodySchema, ForecastSchema, KubeconfigBodySchema, RequestShownSchema } from '@drover/protocol'
import type { Context } from '../context.ts'
import { parseSpec } from '../core/spec/parse-spec.ts'
import { awaitOrders } from '../loop/await-orders.ts'
import { lookAgain } from '../loop/look-again.ts'
import { measureTrips } from '../loop/measure-trips.ts'
import { makeForecast } from '../loop/make-forecast.ts'
import { askDeletion, askKubeconfig, showRequest } from '../loop/requests.ts'
import { showEtcd } from '../show/etcd.ts'
import { showCluster } from '../show/cluster.ts'
import type { ClusterRow } from '../store/clusters.ts'
import { readPendingForecast } from '../store/forecasts.ts'
import { readRequest } from '../store/requests.ts'
import { FaultsError } from './error-handler.ts'
import { foundCluster, shownForecast } from './found.ts'
import type { ApiPlugin } from './types.ts'

const params = z.strictObject({ name: ClusterNameSchema })
const LARGEST_SPEC = 1_048_576

/** Clusters: list, one, forecast a spec, delete, ask for the kubeconfig. */
export const clusters: ApiPlugin = (app, context) => {
  const { world } = context
  app.get('/api/v1/clusters', { config: { right: 'read' }, schema: { summary: 'All clusters', response: { 200: z.array(ClusterSchema) } } }, () =>
    Promise.all([...world.clusters.values()].map((cluster) => shown(context, cluster))),
  )
  app.get('/api/v1/clusters/:name', { config: { right: 'read' }, schema: { summary: 'One cluster', params, response: { 200: ClusterSchema } } }, (request) =>
    shown(context, foundCluster(context, request.params.name)),
  )
  app.get('/api/v1/clusters/:name/members', { config: { right: 'read' }, schema: { summary: 'The members of its etcd', params, response: { 200: EtcdShownSchema } } }, async (request) => {
    const cluster = foundCluster(context, request.params.name)
    const etcd = showEtcd(world, cluster, context.now())
    if (etcd === null) throw new DroverError('etcd.none', `cluster ${cluster.name} runs on SQLite`)
    return etcd
  })
  app.post('/api/v1/clusters/:name/forecast', { bodyLimit: LARGEST_SPEC, config: { right: 'operate', rate: 'plan' }, schema: { summary: 'Predict what a spec would do', params, body: ForecastBodySchema, response: { 201: ForecastSchema } } }, async (request, reply) => {
    const parsed = parseSpec(request.body.spec)
    if (parsed.spec === null) throw new FaultsError(parsed.faults)
    if (parsed.spec.cluster !== request.params.name) throw new DroverError('request.invalid', `the spec is of cluster ${parsed.spec.cluster}, the route of ${request.params.name}`)
    await Promise.all([lookAgain(context, parsed.spec), measureTrips(context, parsed.spec), awaitOrders(context, parsed.spec.cluster)])
    const made = await makeForecast(context, { spec: parsed.spec, by: request.principal.name, from: request.ip })
    return reply.status(201).send(shownForecast(context, made))
  })
  app.post('/api/v1/clusters/:name/deletion', { config: { right: 'admin', rate: 'plan' }, schema: { summary: 'Ask to delete a cluster; its forecast must be approved', params, body: DeletionBodySchema, response: { 201: ForecastSchema } } }, async (request, reply) => {
    const cluster = foundCluster(context, request.params.name)
    if (request.body.confirm !== cluster.name) throw new DroverError('request.invalid', `confirm must be the name ${cluster.name}`)
    const made = await askDeletion(context, cluster, { by: request.principal.name, without: request.body.without })
    return reply.status(201).send(shownForecast(context, made))
  })
  app.post('/api/v1/clusters/:name/kubeconfig', { config: { right: 'secret', rate: 'kubeconfig' }, schema: { summary: 'Ask for the admin kubeconfig, sealed to your key', params, body: KubeconfigBodySchema, response: { 202: RequestShownSchema } } }, async (request, reply) => {
    const asked = await askKubeconfig(context, foundCluster(context, request.params.name), { ...request.body, by: request.principal.name })
    return reply.status(202).send(showRequest(asked))
  })
  app.get('/api/v1/requests/:id', { config: { right: 'read' }, schema: { summary: 'What became of a request', params: z.strictObject({ id: z.string().regex(/^req-[a-z2-7]{16}$/) }), response: { 200: RequestShownSchema } } }, async (request) => {
    const row = await readRequest(context.db, request.params.id)
    if (row === null) throw new DroverError('resource.unknown', `no request ${request.params.id}`)
    return showRequest(row)
  })
}

const shown = async (context: Context, cluster: ClusterRow): Promise<ReturnType<typeof showCluster>> => {
  const pending = await readPendingForecast(context.db, cluster.name)
  return showCluster(context.world, cluster, { now: context.now(), pending: pending?.id ?? null })
}
