/** One socket that waits for peers: a listening TCP socket or a bound UDP socket. */
export type Socket = { readonly proto: 'tcp' | 'udp'; readonly port: number; readonly inode: string }

/** Waiting state in /proc/net/{tcp,tcp6,udp,udp6}: TCP_LISTEN for TCP, TCP_CLOSE for unconnected UDP. */
const WAITING = { tcp: '0A', udp: '07' } as const

/** Sockets of /proc/net/tcp, tcp6, udp or udp6 that wait for peers; lines of another form are passed over. */
export const parseProcSockets = (proto: 'tcp' | 'udp', text: string): readonly Socket[] =>
  text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    const port = Number.parseInt(local.split(':')[1] ?? '', 16)
    return state === WAITING[proto] && Number.isInteger(port) ? [{ proto, port, inode }] : []
  })
