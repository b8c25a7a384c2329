import type { SshSession } from '@drover/protocol'
import { sshPorts, sshSessions } from '../core/firewall/ssh-sessions.ts'
import type { HostReader } from '../host/host.ts'

/** The ports on which somebody may come in by SSH. Runs one program. */
export const readSshPorts = async (host: HostReader): Promise<readonly number[]> => sshPorts((await host.read('ss', ['-tlnpH'])).stdout)

/** The SSH sessions to these ports that are open now. Runs one program; the kernel sorts the rest of the connections out. */
export const readSshSessions = async (host: HostReader, ports: readonly number[]): Promise<readonly SshSession[]> => {
  const any = ports.flatMap((port, index) => [...(index === 0 ? [] : ['or']), 'sport', '=', `:${String(port)}`])
  return sshSessions((await host.read('ss', ['-tnH', 'state', 'established', '(', ...any, ')'])).stdout, ports)
}
