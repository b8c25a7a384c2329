import * as z from 'zod'
import { ClusterNameSchema, HostIdSchema, NameSchema } from '../ids.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Takes the etcd member of another server out of the cluster, on one that votes. */
export const etcdRemove = defineStep({
  kind: 'etcd.remove',
  summary: "Takes the etcd member of a server that leaves, or a learner that is stuck, out of the cluster, by etcd's own API on a server that votes; refuses where those that remain would not be enough to vote.",
  params: () => z.strictObject({
    cluster: ClusterNameSchema,
    incarnation: z.int().min(1),
    member: HostIdSchema.describe('the host whose member goes'),
    node: NameSchema.describe('its Node, by which its member is named'),
    ip: z.string().max(64).describe('its node address, by which its peers reach it'),
    only: z.enum(['learner', 'any']).describe('learner: a member that votes is left alone'),
  }),
  result: () => z.strictObject({ voters: z.int().min(1).describe('those that remain') }),
  class: () => 'membership',
  consent: 'allow',
  describe: (params) => say(params.only === 'learner' ? 'step.etcd.remove.learner' : 'step.etcd.remove', { host: params.node }),
  touches: (params) => [{ what: 'member', name: `${params.node} of etcd`, how: 'removed' }],
  effect: (_view, _host, params) => ({ hosts: { [params.member]: { listed: 'none', etcd: 'none' } } }),
  secrets: () => [],
  timeout: 120_000,
  undo: { irreversible: say('step.etcd.remove.irreversible') },
  example: { cluster: ClusterNameSchema.parse('home'), incarnation: 1, member: HostIdSchema.parse('h-aaaaaaaaaaaaaaaa'), node: NameSchema.parse('two'), ip: '10.0.0.12', only: 'any' },
})
