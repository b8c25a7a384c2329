import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** How the agent stands with its coordinator, for the installer and for people on the host. */
export type AgentState = { readonly state: 'connecting' | 'pending' | 'enrolled' | 'refused'; readonly message: string }

/** Replaces the state file; it lives on a tmpfs, so nothing is synced, and a full tmpfs must not stop the agent. */
export const showState = (path: string, state: AgentState): void => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`, { mode: 0o644 })
    renameSync(`${path}.new`, path)
  } catch {
    // the session matters more than the note about it
  }
}
