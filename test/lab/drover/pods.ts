import type { Host } from '../host.ts'
import { until } from '../until.ts'
import type { Place } from './reach.ts'

/** A workload on a host: ports of the host lead to it, and from where it is commands dial out. */
export type Pod = Place & { readonly ip: string }

/** What the pod listens on. */
export const POD_PORT = 8080

/** What opening a pod needs: `server` runs kubectl where the k3s is a real one; the `index` of the host's pod network. */
export type PodSpec = { readonly on: Host; readonly server: Host; readonly isReal: boolean; readonly index: number; readonly hostPorts: readonly number[] }

/**
 * A pod with hostPorts. On a real k3s it is one, and the CNI's portmap plugin leads the ports to it; on the stand-in, which runs no pods, the same is
 * made by hand: a namespace on cni0, the plugin's chains, and flannel's masquerading of what leaves the pod network.
 */
export const openPod = async (spec: PodSpec): Promise<Pod> => {
  const [ip, namespace] = spec.isReal ? await startPod(spec) : await imitatePod(spec)
  return { ip, exec: (argv, options) => spec.on.exec(['ip', 'netns', 'exec', namespace, ...argv], options) }
}

const LISTEN = `require("node:net").createServer((socket) => socket.on("error", () => {}).end("hello")).listen(${String(POD_PORT)}, "0.0.0.0")`

const imitatePod = async ({ on, index, hostPorts }: PodSpec): Promise<[string, string]> => {
  const net = `10.42.${String(index)}`
  const ip = `${net}.5`
  const dnat = hostPorts.map((port) => `iptables -t nat -A CNI-HOSTPORT-DNAT -p tcp --dport ${String(port)} -j DNAT --to-destination ${ip}:${String(POD_PORT)}`)
  await on.must(`
    echo 1 >/proc/sys/net/ipv4/ip_forward
    ip netns add pod; ip link show cni0 >/dev/null 2>&1 || ip link add cni0 type bridge; ip addr replace ${net}.1/24 dev cni0; ip link set cni0 up
    ip link add vpod type veth peer name eth0 netns pod; ip link set vpod master cni0 up; ip link set vpod type bridge_slave hairpin on
    ip -n pod link set lo up; ip -n pod link set eth0 up; ip -n pod addr add ${ip}/24 dev eth0; ip -n pod route add default via ${net}.1
    iptables -t nat -N CNI-HOSTPORT-DNAT
    for chain in PREROUTING OUTPUT; do iptables -t nat -A $chain -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT; done
    ${dnat.join('\n    ')}
    iptables -t nat -A POSTROUTING -s ${ip} -d ${ip} -j MASQUERADE
    iptables -t nat -A POSTROUTING -s 10.42.0.0/16 ! -d 10.42.0.0/16 -j MASQUERADE
    systemd-run --quiet --unit=pod-listener --collect ip netns exec pod /usr/lib/drover-lab/node -e '${LISTEN}'
    until ip netns exec pod ss -tlnH 'sport = :${String(POD_PORT)}' | grep -q .; do sleep 0.05; done`)
  return [ip, 'pod']
}

const manifest = ({ on, hostPorts }: PodSpec): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${on.name}`, labels: { app: 'web' } },
    spec: {
      nodeName: on.name,
      terminationGracePeriodSeconds: 0,
      containers: [{
        name: 'web',
        image: 'docker.io/library/busybox:lab',
        imagePullPolicy: 'Never',
        command: ['httpd', '-f', '-p', String(POD_PORT), '-h', '/'],
        // One container port may be led to by one host port alone: the others are further entries of the same number.
        ports: hostPorts.map((hostPort) => ({ containerPort: POD_PORT, hostPort, name: `p${String(hostPort)}` })),
      }],
    },
  })

/** kubectl on a server of a real k3s. */
export const kubectl = async (server: Host, args: readonly string[], stdin?: string): Promise<string> => {
  const { code, stdout, stderr } = await server.exec(['/usr/local/bin/k3s', 'kubectl', ...args], stdin === undefined ? {} : { stdin })
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

const startPod = async (spec: PodSpec): Promise<[string, string]> => {
  const { on, server } = spec
  await until('the default service account', async () => ((await server.exec(['/usr/local/bin/k3s', 'kubectl', 'get', 'serviceaccount', 'default'])).code === 0 ? true : null))
  await kubectl(server, ['apply', '-f', '-'], manifest(spec))
  const ip = await until(`the pod on ${on.name}`, async () => {
    const [phase, address = ''] = (await kubectl(server, ['get', 'pod', `web-${on.name}`, '-o', 'jsonpath={.status.phase} {.status.podIP}'])).split(' ')
    return phase === 'Running' ? address : null
  })
  const found = await on.must(`for ns in $(ip netns list | cut -d' ' -f1); do ip -n "$ns" -4 addr | grep -q ' ${ip}/' && echo "$ns"; done; true`)
  return [ip, found.trim()]
}
