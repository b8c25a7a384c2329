import * as z from 'zod'
import { type Claim, ClaimSchema } from '../claim.ts'
import { ClusterNameSchema, HostIdSchema } from '../ids.ts'
import { K3sConfigSchema, renderConfig, restartText } from '../k3s/config.ts'
import { DROVER, K3S, uninstallOf, unitFileOf } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

const exampleClaim: Claim = {
  cluster: ClusterNameSchema.parse('home'),
  incarnation: 1,
  seed: HostIdSchema.parse('h-aaaaaaaaaaaaaaaa'),
}

/** Writes the drop-in, the token files, the unit, the scripts and the claim; starts nothing. */
export const k3sConfig = defineStep({
  kind: 'k3s.config',
  summary: 'Writes the k3s drop-in, token files, unit, killall and uninstall scripts in the upstream shape, and the claim.',
  params: () => z.strictObject({
    role: z.enum(['server', 'agent']),
    claim: ClaimSchema,
    config: K3sConfigSchema,
  }),
  result: () => z.strictObject({ changed: z.array(z.string()) }),
  class: () => 'prepare',
  consent: 'allow',
  describe: (params) => say('step.k3s.config', { role: params.role, cluster: params.claim.cluster }),
  touches: (params) => [
    { what: 'file', name: K3S.dropIn, how: 'made' },
    ...(params.role === 'server' ? [{ what: 'file' as const, name: K3S.serverToken, how: 'made' as const }] : []),
    { what: 'file', name: K3S.agentToken, how: 'made' },
    { what: 'unit', name: unitFileOf(params.role), how: 'made' },
    { what: 'file', name: K3S.killall, how: 'made' },
    { what: 'file', name: uninstallOf(params.role), how: 'made' },
    { what: 'file', name: DROVER.claim, how: 'made' },
  ],
  effect: (view, host, params) => {
    const { k3s: unit, config } = view.hosts[host]?.facts ?? {}
    const k3s = unit?.value
    const text = renderConfig(params.config)
    // A claim alone is nothing that k3s reads, and another server to find the cluster by nothing that needs a restart.
    const isSame = restartText(config?.value?.text ?? '') === restartText(text)
    return {
      hosts: {
        [host]: {
          config: { text, overridden: {} },
          claim: params.claim,
          k3s: k3s
            ? { ...k3s, current: k3s.current && isSame, incarnation: params.claim.incarnation }
            : { role: params.role, state: 'stopped', wasActive: false, current: false, incarnation: params.claim.incarnation },
        },
      },
    }
  },
  secrets: (params) => (params.role === 'server' ? ['server-token', 'agent-token'] : ['agent-token']),
  timeout: 60_000,
  undo: 'undoes',
  example: {
    role: 'server',
    claim: exampleClaim,
    config: { 'node-name': 'one', 'node-ip': '10.0.0.11', disable: ['traefik'] },
  },
})
