import * as z from 'zod'
import { ClusterNameSchema, HostIdSchema, NameSchema } from '../ids.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Deletes the Node of another host, on a server that is up, once no k3s runs there any more. */
export const nodeDelete = defineStep({
  kind: 'node.delete',
  summary: 'Deletes the Node of a host that has left, with the secret of its node password, and stays until it is gone and does not come back. With the Node of a server k3s takes its etcd member out.',
  params: () => z.strictObject({
    cluster: ClusterNameSchema,
    incarnation: z.int().min(1),
    member: HostIdSchema.describe('the host that leaves'),
    node: NameSchema.describe('its Node'),
    role: z.enum(['server', 'agent']).describe('what it was'),
  }),
  result: () => z.strictObject({ seconds: z.int().min(0) }),
  class: ({ role }) => (role === 'server' ? 'membership' : 'disrupt'),
  consent: 'allow',
  describe: (params) => say('step.node.delete', { host: params.node }),
  touches: (params) => [
    { what: 'node', name: params.node, how: 'removed' },
    ...(params.role === 'server' ? [{ what: 'member' as const, name: `${params.node} of etcd`, how: 'removed' as const }] : []),
  ],
  effect: (_view, _host, params) => ({ hosts: { [params.member]: { node: 'absent' } } }),
  secrets: () => [],
  timeout: 180_000,
  undo: { irreversible: say('step.node.delete.irreversible') },
  example: { cluster: ClusterNameSchema.parse('home'), incarnation: 1, member: HostIdSchema.parse('h-aaaaaaaaaaaaaaaa'), node: NameSchema.parse('two'), role: 'agent' },
})
