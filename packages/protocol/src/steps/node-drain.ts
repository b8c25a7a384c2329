import * as z from 'zod'
import { ClusterNameSchema, HostIdSchema, NameSchema } from '../ids.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Empties the Node of another host, on a server that is up, before that host leaves the cluster. */
export const nodeDrain = defineStep({
  kind: 'node.drain',
  summary: 'Cordons the Node of a host that leaves and evicts its pods as their disruption budgets allow; pods of daemon sets stay, what is in an emptyDir is lost.',
  params: () => z.strictObject({
    cluster: ClusterNameSchema,
    incarnation: z.int().min(1),
    member: HostIdSchema.describe('the host that leaves'),
    node: NameSchema.describe('its Node'),
  }),
  result: () => z.strictObject({ seconds: z.int().min(0) }),
  class: () => 'disrupt',
  consent: 'allow',
  describe: (params) => say('step.node.drain', { host: params.node }),
  touches: (params) => [{ what: 'node', name: params.node, how: 'changed' }],
  effect: (_view, _host, params) => ({ hosts: { [params.member]: { node: 'cordoned' } } }),
  secrets: () => [],
  timeout: 420_000,
  undo: 'undoes',
  example: { cluster: ClusterNameSchema.parse('home'), incarnation: 1, member: HostIdSchema.parse('h-aaaaaaaaaaaaaaaa'), node: NameSchema.parse('two') },
})
