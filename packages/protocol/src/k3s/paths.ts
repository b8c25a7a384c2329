import type { Role } from '../view.ts'

/** Where k3s and Drover keep things on a host; the k3s ones are those of its own installer. */
export const K3S = {
  binary: '/usr/local/bin/k3s',
  links: ['/usr/local/bin/kubectl', '/usr/local/bin/crictl', '/usr/local/bin/ctr'],
  killall: '/usr/local/bin/k3s-killall.sh',
  configFile: '/etc/rancher/k3s/config.yaml',
  dropIns: '/etc/rancher/k3s/config.yaml.d',
  dropIn: '/etc/rancher/k3s/config.yaml.d/50-drover.yaml',
  serverToken: '/etc/rancher/k3s/drover-server-token',
  agentToken: '/etc/rancher/k3s/drover-agent-token',
  kubeconfig: '/etc/rancher/k3s/k3s.yaml',
  data: '/var/lib/rancher/k3s',
  images: '/var/lib/rancher/k3s/agent/images',
  nodePassword: '/etc/rancher/node/password',
} as const

/** What Drover itself keeps on a host. */
export const DROVER = {
  state: '/var/lib/drover',
  claim: '/var/lib/drover/claim.json',
  wasActive: '/var/lib/drover/k3s-was-active',
  started: '/var/lib/drover/k3s-started.json',
  installed: '/var/lib/drover/k3s-installed.json',
  sysctlFile: '/etc/sysctl.d/90-drover.conf',
  sysctlBefore: '/var/lib/drover/sysctl-before.json',
  schedules: '/var/lib/drover/schedules.json',
  fired: '/var/lib/drover/schedules-fired.json',
  importFolder: '/var/lib/drover/import',
  snapshots: '/var/lib/drover/snapshots',
  policy: '/etc/drover/policy.json',
  veto: '/etc/drover/VETO',
} as const

/** Where the copy lies that a server keeps of its SQLite datastore when it goes to etcd. */
export const beforeEtcd = (incarnation: number): string => `${K3S.data}/server/before-etcd-${String(incarnation)}`

/** `k3s` for a server, `k3s-agent` for an agent: the unit names of k3s's own installer. */
export const unitOf = (role: Role): 'k3s' | 'k3s-agent' => (role === 'server' ? 'k3s' : 'k3s-agent')

/** The path of a role's unit file. */
export const unitFileOf = (role: Role): string => `/etc/systemd/system/${unitOf(role)}.service`

/** The path of a role's uninstall script, named as k3s's own installer names it. */
export const uninstallOf = (role: Role): string =>
  role === 'server' ? '/usr/local/bin/k3s-uninstall.sh' : '/usr/local/bin/k3s-agent-uninstall.sh'
