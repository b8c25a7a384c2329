/** How a flag takes its value. */
export type FlagKind = 'string' | 'bool' | 'int' | 'list' | 'duration'

/** The flags of a command by name, from the k3s documentation of `k3s server` and `k3s agent`. */
export type FlagTable = ReadonlyMap<string, FlagKind>

/** One-letter forms. */
export const ALIASES: Readonly<Record<string, string>> = { c: 'config', l: 'log', t: 'token', s: 'server', d: 'data-dir', i: 'node-ip', o: 'write-kubeconfig' }

/** Environment variables that stand for a flag where neither file nor command line has it. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  K3S_TOKEN: 'token',
  K3S_TOKEN_FILE: 'token-file',
  K3S_URL: 'server',
  K3S_NODE_NAME: 'node-name',
  K3S_DATA_DIR: 'data-dir',
  K3S_AGENT_TOKEN: 'agent-token',
  K3S_AGENT_TOKEN_FILE: 'agent-token-file',
  K3S_KUBECONFIG_MODE: 'write-kubeconfig-mode',
}

const NODE = {
  string:
    'config vmodule log token token-file server data-dir node-name image-credential-provider-bin-dir image-credential-provider-config container-runtime-endpoint default-runtime image-service-endpoint pause-image snapshotter private-registry bind-address resolv-conf flannel-iface flannel-conf flannel-cni-conf vpn-auth vpn-auth-file',
  bool: 'debug alsologtostderr with-node-id selinux protect-kernel-defaults disable-default-registry-endpoint nonroot-devices enable-pprof rootless prefer-bundled-bin docker',
  int: 'v lb-server-port',
  list: 'node-label node-taint airgap-extra-registry node-ip node-external-ip node-internal-dns node-external-dns kubelet-arg kube-proxy-arg',
}

const SERVER = {
  string:
    'apiserver-bind-address advertise-address service-node-port-range cluster-domain flannel-backend egress-selector-mode servicelb-namespace write-kubeconfig write-kubeconfig-mode write-kubeconfig-group helm-job-image agent-token agent-token-file cluster-reset-restore-path datastore-endpoint datastore-cafile datastore-certfile datastore-keyfile etcd-snapshot-name etcd-snapshot-schedule-cron etcd-snapshot-dir etcd-s3-endpoint etcd-s3-endpoint-ca etcd-s3-access-key etcd-s3-secret-key etcd-s3-session-token etcd-s3-bucket etcd-s3-bucket-lookup-type etcd-s3-region etcd-s3-folder etcd-s3-proxy etcd-s3-config-secret default-local-storage-path system-default-registry secrets-encryption-provider',
  bool: 'tls-san-security flannel-ipv6-masq flannel-external-ip cluster-init cluster-reset kine-tls etcd-expose-metrics etcd-disable-snapshots etcd-snapshot-compress etcd-s3 etcd-s3-skip-ssl-verify etcd-s3-insecure disable-scheduler disable-cloud-controller disable-kube-proxy disable-network-policy disable-helm-controller disable-apiserver disable-controller-manager disable-etcd embedded-registry supervisor-metrics secrets-encryption disable-agent',
  int: 'https-listen-port supervisor-port apiserver-port advertise-port etcd-snapshot-retention etcd-s3-retention',
  list: 'tls-san cluster-cidr service-cidr cluster-dns kube-apiserver-arg etcd-arg kube-controller-manager-arg kube-scheduler-arg kube-cloud-controller-manager-arg disable',
  duration: 'etcd-snapshot-reconcile-interval etcd-s3-timeout',
}

const table = (...groups: readonly Readonly<Record<string, string>>[]): FlagTable =>
  new Map(groups.flatMap((group) => Object.entries(group).flatMap(([kind, names]) => names.split(' ').map((name): [string, FlagKind] => [name, kindOf(kind)]))))

const kindOf = (text: string): FlagKind =>
  text === 'bool' || text === 'int' || text === 'list' || text === 'duration' ? text : 'string'

/** Flags of `k3s agent`. */
export const AGENT_FLAGS: FlagTable = table(NODE, { bool: 'disable-apiserver-lb' })

/** Flags of `k3s server`. */
export const SERVER_FLAGS: FlagTable = table(NODE, SERVER)

/** Flags of `k3s etcd-snapshot …`. */
export const SNAPSHOT_FLAGS: FlagTable = table({
  string: 'config log node-name data-dir etcd-token etcd-server name dir snapshot-compress etcd-s3-endpoint etcd-s3-bucket etcd-s3-region etcd-s3-folder output',
  bool: 'debug alsologtostderr etcd-s3',
  int: 'etcd-snapshot-retention',
})
