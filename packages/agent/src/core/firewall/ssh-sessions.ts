import type { SshSession } from '@drover/protocol'

const endpoint = (text: string): { readonly ip: string; readonly port: number } | null => {
  const parts = /^\[?([0-9a-fA-F:.]+?)(?:%[^\]]+)?\]?(?:%\S+)?:(\d+)$/.exec(text)
  if (parts === null) return null
  return { ip: (parts[1] ?? '').replace(/^::ffff:(?=\d+\.)/, ''), port: Number(parts[2]) }
}

/** Ports on which sshd listens by `ss -tlnpH`; systemd's socket on 22 counts, and 22 always does. */
export const sshPorts = (listening: string): readonly number[] => {
  const lines = listening.split('\n').filter((line) => line.includes('"sshd"') || line.includes('"systemd"'))
  const ports = lines.flatMap((line) => {
    const port = Number(/:(\d+)$/.exec(line.trim().split(/\s+/)[3] ?? '')?.[1] ?? 0)
    return port > 0 && (line.includes('"sshd"') || port === 22) ? [port] : []
  })
  return [...new Set([22, ...ports])]
}

/** Sessions that are open to one of the ports by `ss -tnH state established`. */
export const sshSessions = (established: string, ports: readonly number[]): readonly SshSession[] =>
  established.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/)
    const [local, peer] = [endpoint(words[2] ?? ''), endpoint(words[3] ?? '')]
    return local === null || peer === null || !ports.includes(local.port) ? [] : [{ local: local.ip, port: local.port, peer: peer.ip }]
  })
