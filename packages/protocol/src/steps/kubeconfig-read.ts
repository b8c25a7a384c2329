import * as z from 'zod'
import { RequestIdSchema } from '../ids.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Reads the admin kubeconfig, rewrites its address and seals it to the key that the order names. */
export const kubeconfigRead = defineStep({
  kind: 'kubeconfig.read',
  summary: 'Reads the admin kubeconfig of a server, puts the API endpoint into it and seals it to the key of the person who asked.',
  params: () => z.strictObject({
    request: RequestIdSchema,
    server: z.string().regex(/^https:\/\/[A-Za-z0-9.:[\]-]{1,255}$/).describe('the address that the kubeconfig will name'),
    context: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  }),
  result: () => z.strictObject({ sealed: z.string().max(60_000).describe('base64url, sealed to answerTo') }),
  class: () => 'observe',
  consent: 'allow',
  describe: (params) => say('step.kubeconfig.read', { server: params.server }),
  touches: () => [],
  effect: (view, _host, params) => ({
    cluster: { answered: { ...view.facts.answered?.value, [params.request]: true } },
  }),
  secrets: () => [],
  timeout: 30_000,
  undo: 'undoes',
  example: { request: RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa'), server: 'https://10.0.0.11:6443', context: 'home' },
})
