import type { ExecOptions, ExecResult } from '../command.ts'

/** How a port answers a new connection: a listener, a reset (nothing listens, but the packet came through), or nothing within 3 s. */
export type Answer = 'open' | 'refused' | 'filtered' | 'unreachable'

/** A place from which commands run: a host, or a vantage point of the lab. */
export type Place = { readonly exec: (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult> }

/** A bash that reads no file before it begins: it takes a socket as its input for a remote login, and a person's own files may take it seconds. */
const shell = (script: string): readonly string[] => ['timeout', '3', 'bash', '--norc', '-c', script]

const once = async (from: Place, ip: string, port: number): Promise<Answer> => {
  const { code, stderr } = await from.exec(shell(`exec 3<>/dev/tcp/${ip}/${String(port)}`))
  if (code === 0) return 'open'
  if (code === 124) return 'filtered'
  return stderr.includes('refused') ? 'refused' : 'unreachable'
}

/** Connects anew over TCP; what did not answer is asked once more, since a busy machine drops a packet now and then. */
export const dialTcp = async (from: Place, ip: string, port: number): Promise<Answer> => {
  const answer = await once(from, ip, port)
  return answer === 'filtered' ? once(from, ip, port) : answer
}

/** The TCP ports of these that packets come through to. */
export const reached = async (from: Place, ip: string, ports: readonly number[]): Promise<readonly number[]> => {
  const answers = await Promise.all(ports.map((port) => dialTcp(from, ip, port)))
  return ports.filter((_, index) => answers[index] === 'open' || answers[index] === 'refused')
}

const SEEN = 'table inet lab-seen { set from { type ipv4_addr; flags dynamic; size 256; }; chain in { type filter hook input priority 10; policy accept; meta l4proto udp udp dport PORT update @from { ip saddr }; }; }'

/** Notes on a host, behind every firewall, from where datagrams to a port arrive; gives what was noted since, and takes it away again. */
export const watchUdp = async (on: Place, port: number): Promise<{ readonly sources: () => Promise<readonly string[]>; readonly end: () => Promise<void> }> => {
  const made = await on.exec(['nft', '-f', '-'], { stdin: SEEN.replace('PORT', String(port)) })
  if (made.code !== 0) throw new Error(made.stderr)
  return {
    sources: async () => (await on.exec(['nft', 'list', 'set', 'inet', 'lab-seen', 'from'])).stdout.match(/\d+\.\d+\.\d+\.\d+/g) ?? [],
    end: async () => void (await on.exec(['nft', 'delete', 'table', 'inet', 'lab-seen'])),
  }
}

/** Sends some datagrams to a port. */
export const sendUdp = async (from: Place, ip: string, port: number): Promise<void> =>
  void (await from.exec(shell(`for n in 1 2 3; do echo x >/dev/udp/${ip}/${String(port)}; done`)))
