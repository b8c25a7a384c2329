import * as z from 'zod'
import { DroverError, HostSchema, NameSchema, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { forgetHost, gone } from '../enrol/gone.ts'
import { endClone } from '../intake/clone.ts'
import { readLogs } from '../intake/read-logs.ts'
import { showHost } from '../show/host.ts'
import { type HostRow, writeHost } from '../store/hosts.ts'
import { clusterOf, hostByName } from '../world/world.ts'
import type { ApiPlugin } from './types.ts'

const params = z.strictObject({ name: NameSchema })
const LogsSchema = z.strictObject({ host: z.string(), unit: z.string(), lines: z.array(z.string()) })
const LogsQuerySchema = z.strictObject({
  unit: z.enum(['drover-agent', 'k3s', 'k3s-agent']).default('drover-agent'),
  lines: z.string().regex(/^[1-9][0-9]{0,2}$/).default('200'),
})

/** Hosts: list, one, approve, remove, logs. */
export const hosts: ApiPlugin = (app, context) => {
  const { world, now } = context
  app.get('/api/v1/hosts', { config: { right: 'read' }, schema: { summary: 'All hosts', response: { 200: z.array(HostSchema) } } }, async () =>
    [...world.hosts.values()].filter((host) => host.state !== 'revoked').map((host) => showHost(world, host, now())),
  )
  app.get('/api/v1/hosts/:name', { config: { right: 'read' }, schema: { summary: 'One host', params, response: { 200: HostSchema } } }, async (request) =>
    showHost(world, found(context, request.params.name), now()),
  )
  app.post('/api/v1/hosts/:name/approve', { config: { right: 'operate' }, schema: { summary: 'Let a pending host in, or accept a host of which a copy was seen or that was rolled back', params, response: { 200: HostSchema } } }, async (request) => {
    const active = await context.turn(() => accept(context, found(context, request.params.name), request.principal.name))
    return showHost(world, active, now())
  })
  app.delete('/api/v1/hosts/:name', { config: { right: 'operate' }, schema: { summary: 'Forget a host that is in no cluster', params, response: { 200: HostSchema } } }, async (request) => {
    const removed = await context.turn(() => remove(context, found(context, request.params.name)))
    return showHost(world, removed, now())
  })
  app.get('/api/v1/hosts/:name/logs', { config: { right: 'read' }, schema: { summary: 'The last lines of a unit on a host', params, querystring: LogsQuerySchema, response: { 200: LogsSchema } } }, async (request) => {
    const host = found(context, request.params.name)
    const { unit } = request.query
    return { host: host.name, unit, lines: await readLogs(context, { host, unit, lines: Number(request.query.lines) }) }
  })
}

const found = (context: Context, name: string): HostRow => {
  const host = hostByName(context.world, name)
  if (host === null) throw new DroverError('resource.unknown', `no host is called ${name}`)
  return host
}

/** One word for all that a person has to say yes to about a host. */
const accept = async (context: Context, host: HostRow, by: string): Promise<HostRow> =>
  letIn(context, await seen(context, await endClone(context, host, by)), by)

/** What a person has seen of a rolled-back host need not be shown again. */
const seen = async (context: Context, host: HostRow): Promise<HostRow> => {
  const findings = host.findings.filter(({ code }) => code !== 'host.rolled-back')
  if (findings.length === host.findings.length) return host
  const row: HostRow = { ...host, findings }
  await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  return row
}

const letIn = async (context: Context, host: HostRow, by: string): Promise<HostRow> => {
  if (host.state === 'active') return host
  if (host.state !== 'pending') throw new DroverError('resource.conflict', `${host.name} is ${host.state}`)
  const active: HostRow = { ...host, state: 'active' }
  await writeHost(context.db, active)
  context.world.hosts.set(active.id, active)
  context.hub().close(active.id, 4409)
  await context.tell({ at: context.now(), host: host.name, said: say('host.approved', { host: host.name, who: by }) })
  context.wake(null)
  return active
}

const remove = async (context: Context, host: HostRow): Promise<HostRow> => {
  const cluster = clusterOf(context.world, host.id)
  if (cluster !== null) throw new DroverError('host.in-cluster', `${host.name} belongs to cluster ${cluster.name}`)
  await writeHost(context.db, gone(host))
  forgetHost(context, host.id)
  await context.tell({ at: context.now(), host: host.name, said: say('host.removed', { host: host.name }) })
  return { ...host, state: 'revoked' }
}
