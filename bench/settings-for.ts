import { K3S } from '@drover/protocol'
import type { Host } from '../test/lab/host.ts'

/** Drover's settings of one host with the names and addresses of others in place of its own, and with one token in place of its two. */
export const settingsFor = (pairs: readonly (readonly [from: Host, to: Host])[], text: string): string =>
  pairs
    .reduce((given, [from, to]) => given.replaceAll(from.address, to.address).replaceAll(from.name, to.name), text)
    .replaceAll(K3S.serverToken, '/etc/rancher/k3s/token')
    .replaceAll(K3S.agentToken, '/etc/rancher/k3s/token')

/** With k3s's own timing for etcd. */
export const ownTiming = (text: string): string => text.replace(/^"?etcd-arg"?:.*\n(?:^[ -].*\n)*/m, '')

/** Without a server to go to: Drover names a peer to its first server once there is one, a script starts it before there is any. */
export const withoutPeer = (text: string): string => text.replace(/^"?server"?:.*\n/m, '')
