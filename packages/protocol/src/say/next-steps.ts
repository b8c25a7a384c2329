import type { Said, SaidCode } from '../said.ts'
import { fill } from '../said.ts'

type FindingCode = Extract<SaidCode, `finding.${string}`>

const FAULT = 'nothing is sent: this is a fault of Drover, please report it with the forecast'

/** What a person can do about each finding; the arguments are those of the finding. */
export const NEXT_STEPS: Readonly<Record<FindingCode, string>> = {
  'finding.unknown-host': 'look at drover get hosts, or enrol it with drover install-line',
  'finding.no-server': 'enrol a host with drover install-line, or change servers in the spec',
  'finding.no-address': 'name the network or interface in network.node, or give {host} an address there',
  'finding.other-cluster': 'name another host, or delete cluster {cluster} first; where that cluster is gone, run k3s-uninstall.sh (k3s-agent-uninstall.sh) on {host}',
  'finding.foreign-k3s': 'uninstall it on {host} with its own script, or name another host',
  'finding.used-port': 'stop what listens there, or name another host',
  'finding.disk': 'free some space below /var/lib/rancher on {host}, or name another host',
  'finding.memory': 'expect it to be slow under load, or name a host with more memory',
  'finding.cgroup': 'boot {host} with cgroup v2 (systemd.unified_cgroup_hierarchy=1), or give options.kubelet-arg: [fail-cgroupv1=false]',
  'finding.clock': 'let NTP set it: timedatectl set-ntp true on {host}',
  'finding.kernel-defaults': 'set it on {host} with sysctl -w {sysctl}={want} and in /etc/sysctl.d, or leave protect-kernel-defaults out',
  'finding.sysctl-later': 'take {sysctl} out of {file} on {host}, or leave protect-kernel-defaults out',
  'finding.no-hash': 'drover artifacts import the binary, or give k3s.sha256.{arch}',
  'finding.no-sums': 'give the coordinator a way there, name a mirror as releaseBase in its config.json, import the binary or give k3s.sha256',
  'finding.not-active': 'let a pending host in with drover approve host {host}',
  'finding.clone': 'stop the copy or give it a key of its own (docs/guides/troubleshooting.md), then drover approve host {host}',
  'finding.role-limit': 'name another host as {role}, or enrol {host} anew with an install line that allows it',
  'finding.immutable': 'put the old value back, or delete the cluster and make it anew',
  'finding.downgrade': 'name {have} or a later version',
  'finding.leaves': 'keep the host in the spec, or drover delete cluster {cluster}',
  'finding.left-behind': 'when it is back: sudo {script} there, then drover remove host {host}',
  'finding.has-route': FAULT,
  'finding.overridden': 'take the key out of that file, and say it in the options of the spec',
  'finding.latency': 'let a host with a quicker disk be server, or expect a slow API',
  'finding.two-changes': FAULT,
  'finding.unsettled': FAULT,
  'finding.no-inventory': 'see that it is connected (drover get hosts) and its agent runs (drover logs {host})',
  'finding.skips-minor': 'name a version of the minor release that follows {have}',
  'finding.cidr-overlap': 'give {field} another range',
  'finding.cidr-small': 'give {field} a larger range',
  'finding.same-address': 'give one of them another address, or name another network in network.node',
  'finding.endpoint': 'set apiEndpoint to a DNS name of all servers or an address that moves; drover kubeconfig CLUSTER --server HOST names another server meanwhile',
  'finding.second-init': FAULT,
  'finding.not-reachable': FAULT,
  'finding.agents-first': FAULT,
  'finding.not-first-last': FAULT,
  'finding.copies-stay': 'nothing has to be done; see them with drover get snapshots {cluster}, delete each with drover snapshot delete {cluster} NAME',
  'finding.unasked-restore': FAULT,
  'finding.firewall-backend': 'install the package nftables on {host}, or leave firewall out of the spec',
  'finding.firewall-other': 'turn that one off on {host}, or leave firewall out of the spec',
  'finding.firewall-interfaces': 'take addresses off interfaces of {host} that nobody needs, or leave firewall out of the spec',
  'finding.firewall-paper': 'enrol a host in a network of firewall.admins, or run the coordinator in one, and it tries SSH for real',
  'finding.no-witness': 'apply with --wait from a machine with an address in {admins}: the command itself bears witness then. Or paste the line of `drover install-line` on such a machine, or run the coordinator on it, and plan again. Or leave firewall out of the spec',
  'finding.unguarded': 'drover apply the spec once more',
  'finding.cut-off-ssh': 'put the networks that you work from into firewall.admins (and the port into firewall.ssh), or close the sessions',
  'finding.cut-off': 'give firewall.expose { ports: [{port}], to: anyone }, or put those addresses into firewall.admins',
  'finding.cut-off-later': 'give firewall.expose { ports: [{port}], to: anyone }, or put those addresses into firewall.admins, or remove hosts that never come back',
  'finding.coordinator-port': 'where others have to reach it, give firewall.expose { ports: [{port}], to: anyone }',
  'finding.operator': 'apply with --wait and leave it running until the run is done',
  'finding.unwitnessed': FAULT,
  'finding.two-firewalls': FAULT,
  'finding.no-snapshot': 'mend what is said on {host}; it is tried again by itself, or take one now: drover snapshot now {cluster}',
  'finding.even': 'name one server less or one more',
  'finding.to-etcd': 'give servers.count: 1 and leave datastore out, or delete the cluster and make it anew',
  'finding.to-sqlite': 'give datastore: etcd',
  'finding.rtt': 'choose servers that stand nearer to each other; hosts that are far away can be agents',
  'finding.etcd-timing': 'expect an election now and then while a disk or a link is slow, or let quicker hosts be servers',
  'finding.early-join': FAULT,
  'finding.join-api-down': FAULT,
  'finding.promoter': FAULT,
  'finding.quorum': FAULT,
}

const isFinding = (code: SaidCode): code is FindingCode => Object.hasOwn(NEXT_STEPS, code)

/** What to do about a finding, as a sentence; null for what is no finding. */
export const nextStep = ({ code, args }: Said): string | null => (isFinding(code) ? fill(NEXT_STEPS[code], args) : null)
