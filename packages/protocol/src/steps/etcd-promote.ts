import * as z from 'zod'
import { ClusterNameSchema, HostIdSchema, NameSchema } from '../ids.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Gives a vote to the learner of a server that joins, as soon as etcd lets it: k3s itself would do it by a clock of 15 s. */
export const etcdPromote = defineStep({
  kind: 'etcd.promote',
  summary: "Promotes the learner of a joining server to a voting member, by etcd's own API on a server that votes already.",
  params: () => z.strictObject({
    cluster: ClusterNameSchema,
    incarnation: z.int().min(1),
    member: HostIdSchema.describe('the host that joins'),
    node: NameSchema.describe('its Node, by which its member is named'),
    ip: z.string().max(64).describe('its node address, by which its peers reach it'),
  }),
  result: () => z.strictObject({ id: z.string().max(20), voters: z.int().min(1) }),
  class: () => 'membership',
  consent: 'allow',
  describe: (params) => say('step.etcd.promote', { host: params.node }),
  touches: (params) => [{ what: 'member', name: `${params.node} of etcd`, how: 'changed' }],
  effect: (_view, _host, params) => ({ hosts: { [params.member]: { etcd: 'voter', listed: 'voter' } } }),
  secrets: () => [],
  timeout: 420_000,
  undo: { irreversible: say('step.etcd.promote.irreversible') },
  example: { cluster: ClusterNameSchema.parse('home'), incarnation: 1, member: HostIdSchema.parse('h-aaaaaaaaaaaaaaaa'), node: NameSchema.parse('two'), ip: '10.0.0.12' },
})
