import { type Access, send } from '../agent/client.ts'
import { parseObjectText } from '../api/kube-object.ts'
import type { Options } from '../config/options.ts'
import { failed } from '../datastore/bootstrap.ts'
import { Fatal } from '../log.ts'
import type { World } from '../world.ts'

/** The options that have to be the same on all servers: the name in `/v1-k3s/config`, and the flag. */
const CRITICAL: readonly (readonly [name: string, flag: string, otherwise: string | false])[] = [
  ['ClusterDomain', 'cluster-domain', 'cluster.local'],
  ['FlannelBackend', 'flannel-backend', 'vxlan'],
  ['DisableCCM', 'disable-cloud-controller', false],
  ['DisableHelmController', 'disable-helm-controller', false],
  ['DisableNPC', 'disable-network-policy', false],
  ['EncryptSecrets', 'secrets-encryption', false],
  ['EmbeddedRegistry', 'embedded-registry', false],
]

/** A server's own values, as `/v1-k3s/config` shows them. */
export const criticalOptions = (options: Options): Record<string, string | boolean> => ({
  ...Object.fromEntries(CRITICAL.map(([name, flag, otherwise]) => [name, otherwise === false ? options.on(flag) : (options.one(flag) ?? otherwise)])),
  DisableServiceLB: options.all('disable').includes('servicelb'),
})

const flagOf = (name: string): string => CRITICAL.find(([known]) => known === name)?.[1] ?? 'disable-service-lb'

/** Compares a joining server's options with those of the server it joins. @throws Fatal where one differs; where they cannot be read it only warns */
export async function checkCriticalOptions(world: World, options: Options, access: Access): Promise<void> {
  const answer = await send(access, { path: '/v1-k3s/config' }).catch(() => undefined)
  if (answer?.status !== 200) {
    world.log('warning', `Skipping cluster configuration validation: ${answer?.body ?? 'no answer'}`)
    return
  }
  const theirs = parseObjectText(answer.body)
  const differing = Object.entries(criticalOptions(options)).filter(([name, value]) => theirs[name] !== value)
  for (const [name] of differing) world.log('warning', `critical configuration mismatched: ${flagOf(name)}`)
  if (differing.length > 0) throw new Fatal(failed('failed to validate server configuration: critical configuration value mismatch between servers'))
}
