import * as z from 'zod'
import { ClusterNameSchema, HostIdSchema } from '../ids.ts'
import { DROVER, K3S } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'
import type { HostFacts } from '../view.ts'

const withoutData = ({ datastore: _gone, ...k3s }: NonNullable<HostFacts['k3s']>): NonNullable<HostFacts['k3s']> => k3s

/** Takes a server out of the incarnation before: its k3s is stopped and its data are set aside, so that it can join the one that goes on. */
export const k3sSetAside = defineStep({
  kind: 'k3s.set-aside',
  summary: 'Stops k3s on a server whose data are of an earlier incarnation, sets them aside and promises the new one; starts nothing.',
  params: () => z.strictObject({
    cluster: ClusterNameSchema,
    incarnation: z.int().min(2).describe('the new one'),
    seed: HostIdSchema.describe('the host that goes on with a snapshot; never this one'),
  }),
  result: () => z.strictObject({ aside: z.string().nullable().describe('where its data were set aside; null: it had none') }),
  class: () => 'destroy',
  consent: 'allow',
  describe: (params) => say('step.k3s.set-aside', { cluster: params.cluster, incarnation: params.incarnation }),
  touches: (params) => [
    { what: 'unit', name: 'k3s.service', how: 'changed' },
    { what: 'file', name: `${K3S.data}/server/db.before-${String(params.incarnation)}`, how: 'made' },
    { what: 'file', name: `${K3S.data}/server/db`, how: 'removed' },
    { what: 'file', name: DROVER.wasActive, how: 'removed' },
    { what: 'file', name: DROVER.claim, how: 'changed' },
  ],
  effect: (view, host, params) => {
    const known = view.hosts[host]?.facts.k3s?.value
    const { cluster, incarnation, seed } = params
    const stopped = known ? { k3s: withoutData({ ...known, state: 'stopped', wasActive: false, incarnation }) } : {}
    return { hosts: { [host]: { claim: { cluster, incarnation, seed }, etcd: 'none', ...stopped } } }
  },
  secrets: () => [],
  timeout: 600_000,
  undo: 'undoes',
  example: { cluster: ClusterNameSchema.parse('home'), incarnation: 2, seed: HostIdSchema.parse('h-aaaaaaaaaaaaaaaa') },
})
