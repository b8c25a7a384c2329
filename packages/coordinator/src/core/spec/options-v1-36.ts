import type { OptionTable } from './option.ts'
import { API_SERVER_ARGS, CONTROLLER_ARGS, KUBELET_ARGS, PROXY_ARGS, SCHEDULER_ARGS } from './passed-args.ts'

const server = { on: 'server' } as const
const both = { on: 'both' } as const

const NAME = { pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, text: 'lower-case letters, digits and inner dashes' }
const DOMAIN = { pattern: /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, text: 'a domain name' }
const ADDRESS = { pattern: /^(?=.*[.:])[0-9a-fA-F:.]+$/, text: 'an address' }
const IMAGE = { pattern: /^[a-z0-9][a-z0-9._:/-]{0,200}(?:@sha256:[0-9a-f]{64})?$/, text: 'the name of an image or registry' }
const DATA_PATH = { pattern: /^\/(?:var\/lib|srv|mnt|opt|data)(?:\/[\w-][\w.-]*)+$/, text: 'a folder below /var/lib, /srv, /mnt, /opt or /data' }
const REGISTRY_FILE = { pattern: /^\/etc\/rancher\/k3s\/[\w-]+\.yaml$/, text: 'a YAML file in /etc/rancher/k3s' }
const RESOLV_CONF = { pattern: /^\/(?:etc|run\/systemd\/resolve)\/[\w-]+\.conf$/, text: 'a .conf file in /etc or /run/systemd/resolve' }
const PORTS = { pattern: /^[1-9]\d{3,4}-[1-9]\d{3,4}$/, text: 'two ports such as 30000-32767' }
const MODULES = { pattern: /^[\w*.]+=\d{1,2}(?:,[\w*.]+=\d{1,2})*$/, text: 'pairs such as controller=4' }

/**
 * The options of `k3s server` and `k3s agent` that a spec may use, without those that Drover owns. Names, kinds and roles are those that
 * v1.36 prints for `--help` (held against a binary where `K3S_BIN` names one); its flags differ from v1.32.4's only in `etcd-s3-*`.
 */
export const OPTIONS_V1_36: OptionTable = {
  'cluster-dns': { ...server, type: 'list', form: ADDRESS },
  'cluster-domain': { ...server, type: 'string', form: DOMAIN },
  debug: { ...both, type: 'bool' },
  'default-local-storage-path': { ...server, type: 'string', form: DATA_PATH },
  'default-runtime': { ...both, type: 'string', form: NAME },
  disable: { ...server, type: 'list', choices: ['coredns', 'servicelb', 'traefik', 'local-storage', 'metrics-server', 'runtimes'] },
  'disable-apiserver-lb': { on: 'agent', type: 'bool' },
  'disable-cloud-controller': { ...server, type: 'bool' },
  'disable-default-registry-endpoint': { ...both, type: 'bool' },
  'disable-helm-controller': { ...server, type: 'bool' },
  'disable-kube-proxy': { ...server, type: 'bool' },
  'disable-network-policy': { ...server, type: 'bool' },
  'disable-scheduler': { ...server, type: 'bool' },
  'egress-selector-mode': { ...server, type: 'string', choices: ['agent', 'cluster', 'pod', 'disabled'] },
  'embedded-registry': { ...server, type: 'bool' },
  'flannel-backend': { ...server, type: 'string', choices: ['none', 'vxlan', 'host-gw', 'wireguard-native'] },
  'flannel-external-ip': { ...server, type: 'bool' },
  'flannel-ipv6-masq': { ...server, type: 'bool' },
  'helm-job-image': { ...server, type: 'string', form: IMAGE },
  'kube-apiserver-arg': { ...server, type: 'list', args: API_SERVER_ARGS },
  'kube-controller-manager-arg': { ...server, type: 'list', args: CONTROLLER_ARGS },
  'kube-proxy-arg': { ...both, type: 'list', args: PROXY_ARGS },
  'kube-scheduler-arg': { ...server, type: 'list', args: SCHEDULER_ARGS },
  'kubelet-arg': { ...both, type: 'list', args: KUBELET_ARGS },
  'lb-server-port': { ...both, type: 'int' },
  'node-external-dns': { ...both, type: 'list', form: DOMAIN },
  'node-external-ip': { ...both, type: 'list', form: ADDRESS },
  'node-internal-dns': { ...both, type: 'list', form: DOMAIN },
  'nonroot-devices': { ...both, type: 'bool' },
  'pause-image': { ...both, type: 'string', form: IMAGE },
  'prefer-bundled-bin': { ...both, type: 'bool' },
  'private-registry': { ...both, type: 'string', form: REGISTRY_FILE },
  'protect-kernel-defaults': { ...both, type: 'bool' },
  'resolv-conf': { ...both, type: 'string', form: RESOLV_CONF },
  'secrets-encryption': { ...server, type: 'bool' },
  'secrets-encryption-provider': { ...server, type: 'string', choices: ['aescbc', 'secretbox'] },
  selinux: { ...both, type: 'bool' },
  'service-node-port-range': { ...server, type: 'string', form: PORTS },
  'servicelb-namespace': { ...server, type: 'string', form: NAME },
  snapshotter: { ...both, type: 'string', choices: ['overlayfs', 'fuse-overlayfs', 'native', 'stargz', 'btrfs', 'zfs'] },
  'supervisor-metrics': { ...server, type: 'bool' },
  'system-default-registry': { ...server, type: 'string', form: IMAGE },
  'tls-san-security': { ...server, type: 'bool' },
  v: { ...both, type: 'int' },
  vmodule: { ...both, type: 'string', form: MODULES },
  'write-kubeconfig-mode': { ...server, type: 'string', choices: ['600', '0600'] },
}
