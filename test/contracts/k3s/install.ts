import { readdirSync, readFileSync } from 'node:fs'
import type { Host } from '../../lab/host.ts'
import { SECRETS, type Site, type Subject } from './site.ts'

const OFF = 'disable: [traefik, servicelb, metrics-server, local-storage, coredns]\ndisable-helm-controller: true\n'

/** A unit in the upstream shape. */
export const unitText = (command: string): string => `[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/k3s ${command}
`

/** Puts the executable, its links and the images on a host. */
export async function installBinary(subject: Subject, host: Host): Promise<void> {
  await host.writeFile('/usr/local/bin/k3s', readFileSync(subject.binary), 0o755)
  await host.must('ln -sf k3s /usr/local/bin/kubectl')
  const images = subject.images === undefined ? [] : readdirSync(subject.images)
  for (const name of images) await host.writeFile(`/var/lib/rancher/k3s/agent/images/${name}`, readFileSync(`${subject.images}/${name}`))
}

/** Writes one file of `/etc/rancher/k3s`. */
export const writeConfig = (host: Host, name: string, text: string): Promise<void> => host.writeFile(`/etc/rancher/k3s/${name}`, text, 0o600)

/** The server's configuration: a file, two drop-ins, and a file that is no drop-in. */
export async function configureServer(site: Site): Promise<void> {
  const { server } = site
  const own = [
    'token-file: /etc/rancher/k3s/server-token',
    'agent-token-file: /etc/rancher/k3s/agent-token',
    'node-name: not-this-one',
    `node-ip: ${server.address}`,
    `advertise-address: ${server.address}`,
    'flannel-iface: eth0',
    'tls-san: [k3s.example]',
    'node-label: [from-file=1, both=file]',
    'nosuchkey: 1',
  ]
  await writeConfig(server, 'server-token', `${SECRETS.server}\n`)
  await writeConfig(server, 'agent-token', `${SECRETS.agent}\n`)
  await writeConfig(server, 'config.yaml', `${own.join('\n')}\n${OFF}`)
  await writeConfig(server, 'config.yaml.d/20-more.yaml', 'node-label+: [from-drop-in=2]\nnode-name: nor-this-one\n')
  await writeConfig(server, 'config.yaml.d/30-last.yaml', `node-name: ${server.name}\n`)
  await writeConfig(server, 'config.yaml.d/40-not-yaml.txt', 'node-name: never\n')
  await server.writeFile('/etc/systemd/system/k3s.service', unitText('server'))
}

/** The agent's configuration, with a label on the command line of its unit too. */
export async function configureAgent(site: Site, more = ''): Promise<void> {
  const { agent, server } = site
  const own = [
    'token-file: /etc/rancher/k3s/agent-token',
    `server: https://${server.address}:6443`,
    `node-ip: ${agent.address}`,
    'flannel-iface: eth0',
    'node-label: [tier=web, gpu=true]',
    'node-taint: ["dedicated=web:NoSchedule"]',
  ]
  await writeConfig(agent, 'agent-token', `${SECRETS.agent}\n`)
  await writeConfig(agent, 'config.yaml', `${own.join('\n')}\n${more}`)
  await agent.writeFile('/etc/systemd/system/k3s-agent.service', unitText('agent'))
}

const POD = `apiVersion: v1
kind: Pod
metadata: { name: sleeper, namespace: kube-system }
spec:
  hostNetwork: true
  terminationGracePeriodSeconds: 1
  containers:
    - { name: sleeper, image: "docker.io/library/busybox:lab", imagePullPolicy: Never, command: ["/bin/busybox", "sleep", "100000"] }
`

/** A pod that a node runs without asking anybody. */
export const writeStaticPod = (host: Host): Promise<void> => host.writeFile('/var/lib/rancher/k3s/agent/pod-manifests/sleeper.yaml', POD, 0o600)

/** The smallest configuration of a server that stands alone. */
export const aloneConfig = (host: Host): string => `node-ip: ${host.address}\nflannel-iface: eth0\n${OFF}`
