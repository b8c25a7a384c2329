import * as z from 'zod'
import { ClusterNameSchema } from '../ids.ts'
import { unitOf } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Starts (or, where it runs with older settings, restarts) the k3s unit and stays until it is up. */
export const k3sStart = defineStep({
  kind: 'k3s.start',
  summary: 'Enables and starts the k3s unit, restarts it where its settings changed, and cures a first start that was cut short.',
  params: () => z.strictObject({
    role: z.enum(['server', 'agent']),
    cluster: ClusterNameSchema,
    incarnation: z.int().min(1),
    initialises: z.boolean().describe('true only for the seed of the claim'),
    datastore: z.enum(['sqlite', 'etcd']).describe('of the cluster'),
  }),
  result: () => z.strictObject({ seconds: z.int(), cured: z.boolean() }),
  class: ({ role, initialises }) => (role === 'agent' ? 'prepare' : initialises ? 'disrupt' : 'membership'),
  consent: 'allow',
  describe: (params) => say(params.role === 'server' ? 'step.k3s.start.server' : 'step.k3s.start.agent', { cluster: params.cluster }),
  touches: (params) => [{ what: 'unit', name: `${unitOf(params.role)}.service`, how: 'changed' }],
  effect: (view, host, params) => {
    const { role, incarnation, datastore } = params
    const isMember = role === 'server' && datastore === 'etcd'
    const runs = view.hosts[host]?.facts.binary?.value?.version
    return {
      hosts: {
        [host]: {
          k3s: { role, state: 'active', wasActive: true, current: true, incarnation, ...(runs === undefined ? {} : { runs }), ...(role === 'server' ? { datastore } : {}) },
          ...(isMember ? { etcd: 'voter' as const, listed: 'voter' as const } : {}),
        },
      },
      ...(role === 'server' ? { cluster: { api: 'up' as const } } : {}),
    }
  },
  secrets: () => [],
  timeout: 600_000,
  undo: 'undoes',
  example: { role: 'server', cluster: ClusterNameSchema.parse('home'), incarnation: 1, initialises: true, datastore: 'sqlite' },
})
