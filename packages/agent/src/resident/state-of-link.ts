import type { RefuseCode } from '@drover/protocol'
import type { LinkCause, LinkState } from '../link/index.ts'
import type { AgentState } from './agent-state.ts'

const REFUSALS: Readonly<Record<RefuseCode, string>> = {
  'token-refused': 'the join token is unknown, spent, expired or revoked: make a new line with drover install-line',
  'unknown-node': 'the coordinator does not know this host: install again with a new line',
  revoked: 'the host was removed: install again with a new line',
  suspended: 'the host is suspended on the coordinator',
  'tls-intercepted': 'something between this host and the coordinator opens its TLS',
  version: 'agent and coordinator share no protocol version: upgrade the older one',
  busy: 'the coordinator is busy',
}

/** What the installer and people on the host are told of the link; null where it says nothing new. */
export const stateOfLink = (link: LinkState): AgentState | null => {
  switch (link.kind) {
    case 'connecting':
      return { state: 'connecting', message: `connecting to ${link.url}` }
    case 'open':
      return link.state === 'pending'
        ? { state: 'pending', message: `${link.nodeId} waits for drover approve host` }
        : { state: 'enrolled', message: `${link.nodeId} is connected to ${link.url}` }
    case 'waiting':
      return stateOfCause(link.cause)
    case 'closed':
      return null
  }
}

const stateOfCause = (cause: LinkCause): AgentState => {
  if (cause.code === 'not-enrolled') return { state: 'refused', message: 'there is no join token: install with a line of drover install-line' }
  if (cause.code !== 'refused') return { state: 'connecting', message: `${cause.code}: ${cause.detail}` }
  return { state: cause.refuse === 'busy' ? 'connecting' : 'refused', message: REFUSALS[cause.refuse] }
}
