const secret = 'Drover makes the tokens and seals them to the hosts'
const etcd = "Drover chooses etcd's timing from measurement, and keeps its members"
const snapshots = 'use snapshots'
const paths = "Drover and k3s's own pages rely on the usual paths"
const ports = 'k3s listens where its own pages say'
const one = 'Drover decides which server initialises'

/** Options that Drover sets itself, each with what to use instead. */
export const OWNED_OPTIONS: Readonly<Record<string, string>> = {
  'advertise-address': 'use network.node',
  'advertise-port': 'the API is served on 6443',
  'agent-token': secret,
  'agent-token-file': secret,
  'airgap-extra-registry': 'use options.system-default-registry',
  alsologtostderr: 'k3s logs to the journal',
  'apiserver-bind-address': ports,
  'apiserver-port': ports,
  'bind-address': 'use network.node',
  'cluster-cidr': 'use network.pods',
  'cluster-init': one,
  'cluster-reset': one,
  'cluster-reset-restore-path': one,
  config: paths,
  'container-runtime-endpoint': 'k3s brings its own containerd',
  'data-dir': paths,
  'datastore-cafile': 'use datastore',
  'datastore-certfile': 'use datastore',
  'datastore-endpoint': 'use datastore',
  'datastore-keyfile': 'use datastore',
  'disable-agent': 'a server runs workloads unless a taint of servers.taints keeps them off',
  'disable-apiserver': one,
  'disable-controller-manager': one,
  'disable-etcd': one,
  docker: 'k3s brings its own containerd',
  'etcd-arg': etcd,
  'flannel-cni-conf': 'use options.flannel-backend',
  'flannel-conf': 'use options.flannel-backend',
  'flannel-iface': 'use network.node',
  'https-listen-port': 'the API is served on 6443',
  'kine-tls': 'use datastore',
  'kube-cloud-controller-arg': 'k3s runs its own cloud controller',
  'kube-controller-arg': 'use options.kube-controller-manager-arg',
  log: 'k3s logs to the journal',
  'node-ip': 'use network.node',
  'node-label': 'use servers.labels and agents.labels',
  'node-name': "a Node has its host's name",
  'node-taint': 'use servers.taints and agents.taints',
  rootless: 'k3s runs as root',
  server: 'agents and further servers join the first server',
  'service-cidr': 'use network.services',
  'supervisor-port': ports,
  'tls-san': 'use tlsSans',
  token: secret,
  'token-file': secret,
  'vpn-auth': secret,
  'vpn-auth-file': secret,
  'with-node-id': "a Node has its host's name",
  'write-kubeconfig': paths,
  'write-kubeconfig-group': 'the kubeconfig is for root alone',
}

/** What to use instead of an option that Drover owns; undefined where it does not own it. */
export const ownedBy = (name: string): string | undefined => {
  if (Object.hasOwn(OWNED_OPTIONS, name)) return OWNED_OPTIONS[name]
  if (/^etcd-(?:snapshot|disable-snapshots|s3)/.test(name)) return snapshots
  return name.startsWith('etcd-') ? etcd : undefined
}

const PROGRAM = 'is not let through: it names a program or socket that the kubelet would trust'

/** Options that no spec may use, with the reason. */
const REFUSED_OPTIONS: Readonly<Record<string, string>> = {
  'enable-pprof': 'is not let through: it shows memory of the API server',
  'image-credential-provider-bin-dir': PROGRAM,
  'image-credential-provider-config': PROGRAM,
  'image-service-endpoint': PROGRAM,
  'kube-cloud-controller-manager-arg': 'is not let through',
}

/** Why a spec may not use an option although k3s knows it; undefined where nothing is against it. */
export const refusedBecause = (name: string): string | undefined => {
  if (Object.hasOwn(REFUSED_OPTIONS, name)) return REFUSED_OPTIONS[name]
  const owned = ownedBy(name)
  return owned === undefined ? undefined : `Drover sets this itself: ${owned}`
}
