import { createHash } from 'node:crypto'
import { canonicalJson, type ClusterSpec, type Finding, type Forecast, type ForecastId, type HostId, type Json, type PlanInput, type Request, type Settled } from '@drover/protocol'
import type { Context } from '../context.ts'
import { forecast } from '../core/planner/forecast.ts'
import { settle } from '../core/planner/settle.ts'
import type { Caller } from '../core/planner/settle-input.ts'
import { newId } from '../new-id.ts'
import { withLaterFields } from '../store/clusters.ts'
import { type ForecastRow, insertForecast } from '../store/forecasts.ts'
import { openOrders } from '../world/world.ts'
import { viewOf } from '../world/view.ts'
import { findArtifacts } from './find-artifacts.ts'

/** A stored forecast beside its parsed content. */
export type StoredForecast = { readonly row: ForecastRow; readonly forecast: Forecast }

/** Predicts the whole run for a spec, stores its exact bytes, and returns both. */
export const makeForecast = async (context: Context, about: { readonly spec: ClusterSpec; readonly by: string; readonly from?: string }): Promise<StoredForecast> => {
  const cluster = context.world.clusters.get(about.spec.cluster)
  const { input, unread } = await inputFor(context, about.spec)
  const { settled, runnersUp, findings } = settle({
    ...input,
    coordinator: context.place,
    callers: callersOf(context),
    ...(about.from === undefined ? {} : { operator: unmapped(about.from) }),
    incarnation: cluster?.settled.incarnation ?? 1,
    previous: cluster?.settled ?? null,
  })
  return store(context, forecast({ ...input, settled }, { runnersUp, findings: [...findings, ...unread] }), about.by)
}

/** Sockets that take both families tell IPv4 addresses in this form. */
const unmapped = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/i, '')

const callersOf = ({ world }: Context): readonly Caller[] =>
  [...world.hosts.values()].flatMap(({ id, name, state, address }) => {
    const isHeard = state === 'active' || state === 'pending'
    return address === null || !isHeard ? [] : [{ id, name, address: unmapped(address), online: world.live.get(id)?.online === true }]
  })

/** What a forecast for requests is made of: `settled` is what holds while they are carried out. */
export type RequestForecast = { readonly cluster: string; readonly spec: ClusterSpec; readonly settled: Settled; readonly requests: readonly Request[]; readonly by: string; readonly findings?: readonly Finding[] }

/** Predicts what requests (delete cluster, restore) would do to a cluster. */
export const forecastRequest = async (context: Context, about: RequestForecast): Promise<StoredForecast> => {
  const input = planInput(context, about.cluster, { spec: about.spec, settled: about.settled, hosts: 'members', requests: about.requests })
  return store(context, forecast(input, { runnersUp: [], findings: about.findings ?? [] }), about.by)
}

/** What a spec would choose as things are now; nothing is stored. */
export const draft = (context: Context, spec: ClusterSpec): Settled => {
  const cluster = context.world.clusters.get(spec.cluster)
  return settle({ ...unsettled(context, spec, {}), incarnation: cluster?.settled.incarnation ?? 1, previous: cluster?.settled ?? null }).settled
}

/** Hosts that a spec would give a role, and on which no k3s of ours is yet. */
export const draftMembers = (context: Context, spec: ClusterSpec): HostId[] =>
  (Object.keys(draft(context, spec).roles) as HostId[]).filter((id) => (context.world.hosts.get(id)?.facts?.value.facts.k3s ?? null) === null)

type Unsettled = Omit<PlanInput, 'settled'> & { readonly artifacts: Settled['artifacts'] }

const inputFor = async (context: Context, spec: ClusterSpec): Promise<{ readonly input: Unsettled; readonly unread: readonly Finding[] }> => {
  const { hosts } = viewOf(context.world, { cluster: spec.cluster, hosts: 'all', now: context.now() })
  const needed = new Set(Object.values(hosts).map((host) => host.arch))
  const { artifacts, findings } = await findArtifacts(context, spec, needed)
  return { input: unsettled(context, spec, artifacts), unread: findings }
}

const unsettled = ({ world, now }: Context, spec: ClusterSpec, artifacts: Settled['artifacts']): Unsettled => ({
  now: now(),
  spec,
  view: viewOf(world, { cluster: spec.cluster, hosts: 'all', now: now() }),
  requests: [],
  open: openOrders(world, spec.cluster),
  waiting: {},
  artifacts,
})

/** What the planner reads of a settled cluster now. */
export const planInput = (context: Context, cluster: string, about: { readonly spec: ClusterSpec; readonly settled: Settled; readonly hosts: 'all' | 'members'; readonly requests: readonly Request[] }): PlanInput => {
  const { world, now } = context
  return {
    now: now(),
    spec: about.spec,
    settled: about.settled,
    view: viewOf(world, { cluster, hosts: about.hosts, now: now() }),
    requests: about.requests,
    open: openOrders(world, cluster),
    waiting: Object.fromEntries(world.waiting.get(cluster) ?? []),
  }
}

const store = async (context: Context, content: Forecast, by: string): Promise<StoredForecast> => {
  const bytes = Buffer.from(canonicalJson(content as unknown as Json))
  const row: ForecastRow = {
    id: newId('fc') as ForecastId,
    cluster: content.cluster,
    hash: createHash('sha256').update(bytes).digest('hex'),
    bytes,
    created_at: context.now(),
    created_by: by,
    approved_at: null,
    approved_by: null,
  }
  await insertForecast(context.db, row)
  return { row, forecast: content }
}

/** The content of a stored forecast. */
export const readContent = (row: ForecastRow): Forecast => {
  const content = JSON.parse(row.bytes.toString('utf8')) as Forecast
  return { ...content, spec: withLaterFields(content.spec) }
}

/** Hosts that a forecast gives a role. */
export const hostsOf = (content: Forecast): HostId[] => Object.keys(content.settled.roles) as HostId[]
