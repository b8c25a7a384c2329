import type { Host } from '../../lab/host.ts'
import { unitText, writeConfig } from './install.ts'
import { SECRETS, type ChapterOf, type FactOf, type Subject } from './site.ts'

/** Three hosts that become servers on etcd, and one that is an agent of them in the end. */
export type EtcdSite = { readonly subject: Subject; readonly first: Host; readonly second: Host; readonly third: Host; readonly agent: Host }

/** One thing that Drover relies on of servers on etcd. */
export type EtcdFact = FactOf<EtcdSite>

/** Facts of servers on etcd that share a preparation. */
export type EtcdChapter = ChapterOf<EtcdSite>

/** The host's units are in this state. */
export const activeState = async (host: Host): Promise<string> => (await host.exec(['systemctl', 'is-active', 'k3s'])).stdout.trim()

/** Configures a server as Drover does, with a timing of its own for etcd; `more` says how it begins. */
export async function configureMember(host: Host, more: string): Promise<void> {
  const own = [
    'token-file: /etc/rancher/k3s/server-token',
    'agent-token-file: /etc/rancher/k3s/agent-token',
    `node-name: ${host.name}`,
    `node-ip: ${host.address}`,
    `advertise-address: ${host.address}`,
    'flannel-iface: eth0',
    'disable: [traefik, servicelb, metrics-server, local-storage, coredns]',
    'disable-helm-controller: true',
    'etcd-disable-snapshots: true',
    'etcd-arg: [heartbeat-interval=100, election-timeout=1000]',
    more,
  ]
  await writeConfig(host, 'server-token', `${SECRETS.server}\n`)
  await writeConfig(host, 'agent-token', `${SECRETS.agent}\n`)
  await writeConfig(host, 'config.yaml', `${own.join('\n')}\n`)
  await host.writeFile('/etc/systemd/system/k3s.service', unitText('server'))
  await host.must('systemctl daemon-reload')
}

/** What makes a server a joiner of another. */
export const joining = (server: Host): string => `server: https://${server.address}:6443`
