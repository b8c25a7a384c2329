import { ROUTE } from '@drover/protocol'
import type { Link } from '../parse/ip-addr.ts'

const CONTAINER_NAMES = /^(?:cni0|flannel[.-].*|cali.*|lxc.*|cilium_.*|kube-.*|nodelocaldns|docker0|docker_gwbridge|br-[0-9a-f]{12}|virbr\d.*|podman\d+)$/
const TUNNEL_NAMES = /^(?:tun|tap|ppp|wg|zt|tailscale|utun|nordlynx)/
const TUNNEL_KINDS: ReadonlySet<string> = new Set(['wireguard', 'tun', 'ipip', 'gre', 'sit', 'ip6tnl', 'vti', 'xfrm'])

/** A link that containers, virtual machines or Drover's own default route brought with them: no network of the host itself. */
export const isContainerLink = (link: Link): boolean =>
  link.name === ROUTE.link || CONTAINER_NAMES.test(link.name) || (link.kind === 'veth' && link.master !== null)

/** A VPN or other tunnel: it may be named in a spec, it is never chosen unasked. */
export const isTunnelLink = (link: Link): boolean =>
  link.pointToPoint || TUNNEL_NAMES.test(link.name) || (link.kind !== null && TUNNEL_KINDS.has(link.kind))
