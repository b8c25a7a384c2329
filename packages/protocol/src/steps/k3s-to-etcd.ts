import * as z from 'zod'
import { ClusterNameSchema } from '../ids.ts'
import { K3sConfigSchema, renderConfig } from '../k3s/config.ts'
import { beforeEtcd, K3S } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Moves the objects of a server from SQLite to etcd, with a copy to go back to; k3s itself does the moving at its start. */
export const k3sToEtcd = defineStep({
  kind: 'k3s.to-etcd',
  summary: 'Stops k3s, copies its SQLite datastore, writes the settings for etcd, starts k3s so that it moves the objects, and compares their numbers; goes back to the copy where that fails.',
  params: () => z.strictObject({
    cluster: ClusterNameSchema,
    incarnation: z.int().min(1),
    config: K3sConfigSchema.describe('the settings of the server, for etcd'),
  }),
  result: () => z.strictObject({
    seconds: z.int().min(0).describe('from the stop of k3s until its API answered again; 0 where an earlier attempt did it'),
    objects: z.int().min(0).describe('how many were compared'),
    resources: z.int().min(0).describe('of how many kinds'),
    copy: z.string().describe('where the copy from before lies'),
  }),
  class: () => 'disrupt',
  consent: 'allow',
  describe: (params) => say('step.k3s.to-etcd', { cluster: params.cluster }),
  touches: (params) => [
    { what: 'unit', name: 'k3s.service', how: 'changed' },
    { what: 'file', name: beforeEtcd(params.incarnation), how: 'made' },
    { what: 'file', name: K3S.dropIn, how: 'changed' },
    { what: 'file', name: `${K3S.data}/server/db/state.db`, how: 'removed' },
    { what: 'file', name: `${K3S.data}/server/db/etcd`, how: 'made' },
  ],
  effect: (view, host, { config }) => {
    const k3s = view.hosts[host]?.facts.k3s?.value
    return {
      hosts: {
        [host]: {
          config: { text: renderConfig(config), overridden: {} },
          ...(k3s ? { k3s: { ...k3s, state: 'active' as const, current: true, datastore: 'etcd' as const } } : {}),
          etcd: 'voter',
          listed: 'voter',
        },
      },
      cluster: { api: 'up' },
    }
  },
  secrets: () => [],
  timeout: 1_800_000,
  undo: 'undoes',
  example: {
    cluster: ClusterNameSchema.parse('home'),
    incarnation: 1,
    config: { 'node-name': 'one', 'node-ip': '10.0.0.11', 'cluster-init': true, 'etcd-disable-snapshots': true },
  },
})
