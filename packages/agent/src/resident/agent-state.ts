import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** How the agent stands with its coordinator, for the installer and for people on the host. */
export type AgentState = { readonly state: 'connecting' | 'pending' | 'enrolled' | 'refused'; readonly message: string }

/** Who this host and its coordinator are, as people compare it: name, and fingerprints of both keys. */
export type Introduction = { readonly name: string; readonly hostKey: string; readonly coordinatorKey: string }

/** Replaces the state file; it lives on a tmpfs, so nothing is synced, and a full tmpfs must not stop the agent. */
export const showState = (path: string, state: AgentState, who: Partial<Introduction> = {}): void => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    writeFileSync(`${path}.new`, `${JSON.stringify({ ...state, ...who })}\n`, { mode: 0o644 })
    renameSync(`${path}.new`, path)
  } catch {
    // the session matters more than the note about it
  }
}
