import * as z from 'zod'
import { ClusterNameSchema, RequestIdSchema } from '../ids.ts'
import { NO_SYSCTLS, sysctlsToPutBack } from '../k3s/kubelet-sysctls.ts'
import { DROVER, K3S, uninstallOf, unitFileOf } from '../k3s/paths.ts'
import { ROUTE } from '../k3s/route.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Takes k3s off the host and proves that nothing of it is left. */
export const k3sUninstall = defineStep({
  kind: 'k3s.uninstall',
  summary: 'Stops k3s, ends its containers, unmounts, removes links, files and units, and proves that what was there before is as before.',
  params: () => z.strictObject({
    role: z.enum(['server', 'agent']),
    cluster: ClusterNameSchema.describe('must be the cluster of the claim'),
    request: RequestIdSchema.optional().describe('of the person who asked to delete the cluster; absent where the host alone leaves it'),
  }),
  result: () => z.strictObject({ removed: z.array(z.string()).max(256), kept: z.array(z.string()).max(64) }),
  class: () => 'destroy',
  consent: 'allow',
  describe: (params) => say('step.k3s.uninstall', { role: params.role, cluster: params.cluster }),
  touches: (params) => [
    { what: 'unit', name: unitFileOf(params.role), how: 'removed' },
    { what: 'process', name: 'containers of k3s', how: 'removed' },
    { what: 'link', name: `cni0, flannel.1, ${ROUTE.link}`, how: 'removed' },
    ...[DROVER.sysctlFile, K3S.data, '/etc/rancher/k3s', '/var/lib/kubelet', K3S.binary, ...K3S.links, K3S.killall, uninstallOf(params.role), ROUTE.unitFile].map(
      (name) => ({ what: 'file' as const, name, how: 'removed' as const }),
    ),
    { what: 'file', name: DROVER.claim, how: 'removed' },
    { what: 'file', name: DROVER.schedules, how: 'removed' },
  ],
  effect: (view, host, { request }) => {
    const { sysctls: was = { value: NO_SYSCTLS }, route } = view.hosts[host]?.facts ?? {}
    const sysctls = { now: { ...was.value.now, ...sysctlsToPutBack(was.value) }, kept: {}, before: {}, later: was.value.later }
    const gone = { binary: null, images: {}, config: null, claim: null, sysctls, k3s: null, schedule: null, etcd: 'none' as const }
    // With a cluster that is deleted its Nodes are gone; else somebody has to delete the Node of a host that left.
    const all = request === undefined ? gone : { ...gone, node: 'absent' as const }
    return { hosts: { [host]: route?.value === 'ours' ? { ...all, route: 'none' } : all } }
  },
  secrets: () => [],
  timeout: 300_000,
  undo: { irreversible: say('step.k3s.uninstall.irreversible') },
  example: {
    role: 'agent',
    cluster: ClusterNameSchema.parse('home'),
    request: RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa'),
  },
})
