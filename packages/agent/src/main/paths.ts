import { DROVER } from '@drover/protocol'

/** Where the agent keeps its configuration, its state, and the note on how it stands. */
export type AgentPaths = { readonly config: string; readonly state: string; readonly note: string }

/** Where they are on a host. */
export const PATHS: AgentPaths = { config: '/etc/drover/agent.json', state: DROVER.state, note: '/run/drover/agent-state.json' }
