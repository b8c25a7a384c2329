import { rulesDigest, type Ruleset, toldRuleset, type StepKind, type StepParams } from '@drover/protocol'
import { LAB_NODE } from '../../kit/k3s-double/build.ts'
import type { Lab } from '../lab.ts'
import { LISTEN } from './dial.ts'
import { bundleAgent, carryOut, newSite, type OrderHost, prepareHost, putOrder } from './order-site.ts'

/** Ports that something listens on, on the guarded host itself. */
export const LISTENING = [6443, 8080, 10_250] as const
/** A port of the guarded host that leads to port 8080 of a pod, as a NodePort does. */
export const NODE_PORT = 30_080
/** The pod's address. */
export const POD = '10.42.0.5'

/** The rules of these tests: admins reach SSH and the API, nodes the API and the kubelet, everybody nothing. */
export const rulesFor = (lab: Lab, more: Partial<Ruleset> = {}): Ruleset => ({
  guarded: ['eth0'],
  nodes: [lab.host('one').address, lab.host('two').address],
  servers: [lab.host('one').address],
  admins: [`${lab.admin.address}/32`],
  admit: [
    { from: 'admins', proto: 'tcp', ports: [22, 6443] },
    { from: 'nodes', proto: 'tcp', ports: [6443, 10_250] },
  ],
  overlay: ['10.42.0.0/16', '10.43.0.0/16'],
  ...more,
})

/** The pod, the DNAT that a NodePort is, a way for strangers to the pod, and the listeners; a boot leaves none of it. */
export const openPorts = async (lab: Lab, on: OrderHost): Promise<void> => {
  const listen = (unit: string, ports: readonly number[], before = ''): string =>
    `systemd-run --quiet --unit=${unit} --collect ${before} ${LAB_NODE} -e '${LISTEN}' ${ports.join(' ')}`
  await on.host.must(`
    echo 1 >/proc/sys/net/ipv4/ip_forward
    ip netns add pod; ip link add cni0 type bridge; ip addr add 10.42.0.1/24 dev cni0; ip link set cni0 up
    ip link add vpod type veth peer name eth0 netns pod; ip link set vpod master cni0 up
    ip -n pod link set lo up; ip -n pod link set eth0 up; ip -n pod addr add ${POD}/24 dev eth0; ip -n pod route add default via 10.42.0.1
    nft 'table ip test-nat { chain pre { type nat hook prerouting priority dstnat; tcp dport ${String(NODE_PORT)} dnat to ${POD}:8080; }; }'
    ${listen('listeners', LISTENING)}
    ${listen('pod-listener', [8080], 'ip netns exec pod')}
    for port in ${LISTENING.join(' ')}; do until ss -tlnH "sport = :$port" | grep -q .; do sleep 0.05; done; done
    until ip netns exec pod ss -tlnH 'sport = :8080' | grep -q .; do sleep 0.05; done`)
  await lab.router.exec(['ip', 'route', 'replace', '10.42.0.0/16', 'via', on.host.address])
}

/** Prepares both hosts of a lab of firewall tests; the first is guarded. */
export const openFirewallSite = async (lab: Lab): Promise<OrderHost> => {
  const on = await prepareHost(lab.host('one'), newSite(), await bundleAgent())
  await openPorts(lab, on)
  return on
}

/** Carries one step out and gives its last journal record. */
export const order = async <K extends StepKind>(on: OrderHost, kind: K, params: StepParams<K>): ReturnType<typeof carryOut> =>
  carryOut(on, await putOrder(on, kind, { params }))

/** Stages rules for so long; SSH is the port to keep. */
export const stageRules = (on: OrderHost, ruleset: Ruleset, windowMs = 60_000): ReturnType<typeof carryOut> =>
  order(on, 'firewall.stage', { ...toldRuleset(ruleset), windowMs, keep: [{ proto: 'tcp', port: 22 }] })

/** Stages and commits rules, as after witnesses have reported. */
export const keepRules = async (on: OrderHost, ruleset: Ruleset): Promise<void> => {
  for (const end of [await stageRules(on, ruleset), await order(on, 'firewall.commit', { rules: rulesDigest(ruleset) })]) {
    if (end?.type !== 'DONE') throw new Error(JSON.stringify(end))
  }
}
