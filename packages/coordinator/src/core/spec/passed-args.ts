import { GATE_LOCKED_FROM } from './feature-gates.ts'

const count = /^\d{1,6}$/
const span = /^\d{1,6}(?:ms|s|m|h)(?:\d{1,2}(?:s|m))?$/
const names = /^[A-Za-z0-9]+(?:,[A-Za-z0-9]+)*$/
const suites = /^TLS_[A-Z0-9_]+(?:,TLS_[A-Z0-9_]+)*$/
const tlsVersion = /^VersionTLS1[23]$/
const https = /^https:\/\/[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:\/[A-Za-z0-9._~/-]{0,200})?$/
const claim = /^[A-Za-z0-9._:/-]{1,200}$/
const serverFile = /^\/var\/lib\/rancher\/k3s\/server\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/
const gate = `(?:${Object.keys(GATE_LOCKED_FROM).join('|')})`
const gates = new RegExp(`^${gate}=(?:true|false)(?:,${gate}=(?:true|false))*$`)

/** What may be passed on to kube-apiserver: auditing, admission, OIDC, limits and ciphers; nothing that weakens authentication or authorization. */
export const API_SERVER_ARGS: Readonly<Record<string, RegExp>> = {
  'admission-control-config-file': serverFile,
  'audit-log-maxage': count,
  'audit-log-maxbackup': count,
  'audit-log-maxsize': count,
  'audit-log-path': serverFile,
  'audit-policy-file': serverFile,
  'default-not-ready-toleration-seconds': count,
  'default-unreachable-toleration-seconds': count,
  'enable-admission-plugins': names,
  'event-ttl': span,
  'feature-gates': gates,
  'max-mutating-requests-inflight': count,
  'max-requests-inflight': count,
  'min-request-timeout': count,
  'oidc-client-id': claim,
  'oidc-groups-claim': claim,
  'oidc-groups-prefix': claim,
  'oidc-issuer-url': https,
  'oidc-username-claim': claim,
  'oidc-username-prefix': claim,
  profiling: /^false$/,
  'request-timeout': span,
  'service-account-extend-token-expiration': /^(?:true|false)$/,
  'tls-cipher-suites': suites,
  'tls-min-version': tlsVersion,
}

/** What may be passed on to kube-controller-manager. */
export const CONTROLLER_ARGS: Readonly<Record<string, RegExp>> = {
  'feature-gates': gates,
  'node-monitor-grace-period': span,
  'node-monitor-period': span,
  profiling: /^false$/,
  'terminated-pod-gc-threshold': count,
  'tls-cipher-suites': suites,
  'tls-min-version': tlsVersion,
}

/** What may be passed on to kube-scheduler. */
export const SCHEDULER_ARGS: Readonly<Record<string, RegExp>> = {
  'feature-gates': gates,
  profiling: /^false$/,
  'tls-cipher-suites': suites,
  'tls-min-version': tlsVersion,
}

const resources = /^[a-z0-9.-]+=[0-9.]+(?:m|Ki|Mi|Gi|%)?(?:,[a-z0-9.-]+=[0-9.]+(?:m|Ki|Mi|Gi|%)?)*$/
const eviction = /^[a-z.A-Z]+<[0-9.]+(?:Ki|Mi|Gi|%)?(?:,[a-z.A-Z]+<[0-9.]+(?:Ki|Mi|Gi|%)?)*$/

/** What may be passed on to the kubelet; nothing that opens its port to strangers. */
export const KUBELET_ARGS: Readonly<Record<string, RegExp>> = {
  'container-log-max-files': count,
  'container-log-max-size': /^\d{1,5}(?:Ki|Mi|Gi)$/,
  'eviction-hard': eviction,
  'eviction-minimum-reclaim': resources,
  'fail-cgroupv1': /^(?:true|false)$/,
  'fail-swap-on': /^(?:true|false)$/,
  'feature-gates': gates,
  'image-gc-high-threshold': count,
  'image-gc-low-threshold': count,
  'kube-reserved': resources,
  'max-pods': count,
  'node-status-update-frequency': span,
  'pod-max-pids': count,
  'serialize-image-pulls': /^(?:true|false)$/,
  'streaming-connection-idle-timeout': span,
  'system-reserved': resources,
  'tls-cipher-suites': suites,
  'tls-min-version': tlsVersion,
}

/** What may be passed on to kube-proxy. */
export const PROXY_ARGS: Readonly<Record<string, RegExp>> = {
  'conntrack-max-per-core': count,
  'conntrack-min': count,
  'feature-gates': gates,
  'ipvs-scheduler': /^[a-z]{2,8}$/,
  'proxy-mode': /^(?:iptables|ipvs|nftables)$/,
}
