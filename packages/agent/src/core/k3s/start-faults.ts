import type { ErrorCode } from '@drover/protocol'

/** What k3s's log says of a start that does not come up. `patience`: how many such lines are needed before it is believed. */
export type StartFault = { readonly code: ErrorCode; readonly line: string; readonly patience: number }

type Known = { readonly code: ErrorCode; readonly pattern: RegExp; readonly patience: number }

/** Lines that k3s v1.36 was seen to print (its own words), from the surest to the vaguest. */
const KNOWN: readonly Known[] = [
  { code: 'k3s.bootstrap-cut', pattern: /no bootstrap data found in datastore|failed to read consistent index/, patience: 1 },
  { code: 'k3s.token', pattern: /token CA hash does not match|encrypted with different token|invalid token|failed to normalize token|token is required|--token is required/, patience: 1 },
  { code: 'k3s.token', pattern: /level=fatal.*not authorized/, patience: 1 },
  { code: 'k3s.token', pattern: /server is not ready:.*not authorized|Failed to validate connection to cluster.*not authorized/, patience: 3 },
  { code: 'k3s.start', pattern: /Node password rejected/, patience: 3 },
  { code: 'k3s.port', pattern: /(?:level=fatal|panic).*address already in use/, patience: 1 },
  { code: 'k3s.start', pattern: /level=fatal.*(?:yaml:|critical configuration value mismatch|flag provided but not defined|no default routes found)/, patience: 1 },
  // a part of k3s ended, and k3s with it: often after READY, with exit code 0
  { code: 'k3s.start', pattern: /failed to validate kubelet (?:configuration|flags)|invalid kernel flag/, patience: 1 },
  { code: 'k3s.start', pattern: /level=error msg="Shutdown request received: /, patience: 2 },
  { code: 'k3s.start', pattern: /level=fatal/, patience: 3 },
]

/** The fault that a log shows, or null where it shows none (yet): a vague line must come again before it counts. */
export const startFault = (lines: readonly string[]): StartFault | null => {
  for (const { code, pattern, patience } of KNOWN) {
    const found = lines.filter((line) => pattern.test(line))
    const line = found.at(-1)
    if (line !== undefined && found.length >= patience) return { code, line, patience }
  }
  return null
}

const NOTED = /level=(?:info|warning|error|fatal) msg="((?:[^"\\]|\\.)*)"/

/** The message of the last line that says something, for people, at most 200 characters. */
export const lastSaid = (lines: readonly string[]): string =>
  (lines.map((line) => NOTED.exec(line)?.[1]).findLast((message) => message !== undefined) ?? '').replaceAll(/\\(.)/g, '$1').slice(0, 200)
