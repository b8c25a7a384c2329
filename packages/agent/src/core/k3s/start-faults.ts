import type { ErrorCode } from '@drover/protocol'

/** What k3s's log says of a start that does not come up. `words`: the same for people, empty where k3s's own say enough. */
export type StartFault = { readonly code: ErrorCode; readonly line: string; readonly words: string }

/** `patience`: how many such lines are needed before they are believed. */
type Known = { readonly code: ErrorCode; readonly pattern: RegExp; readonly patience: number; readonly words?: string }

/** Lines that k3s v1.36 was seen to print (its own words), from the surest to the vaguest. */
const KNOWN: readonly Known[] = [
  { code: 'k3s.bootstrap-cut', pattern: /no bootstrap data found in datastore|failed to read consistent index/, patience: 1 },
  { code: 'k3s.token', pattern: /token CA hash does not match|encrypted with different token|invalid token|failed to normalize token|token is required|--token is required/, patience: 1 },
  { code: 'k3s.token', pattern: /level=fatal.*not authorized/, patience: 1 },
  { code: 'k3s.token', pattern: /server is not ready:.*not authorized|Failed to validate connection to cluster.*not authorized/, patience: 3 },
  { code: 'k3s.start', pattern: /Node password rejected/, patience: 3 },
  { code: 'k3s.port', pattern: /(?:level=fatal|panic).*address already in use/, patience: 1 },
  // of a server that joins
  { code: 'k3s.node-name', pattern: /duplicate node name found/, patience: 1, words: 'another etcd member has the name of its Node' },
  { code: 'k3s.mismatch', pattern: /level=fatal.*critical configuration value mismatch/, patience: 1, words: 'settings that must be the same on all servers differ' },
  { code: 'k3s.removed', pattern: /This node has been removed from the cluster|"msg":"server error","error":"the member has been permanently removed/, patience: 1, words: 'etcd has removed its member meanwhile' },
  { code: 'k3s.join', pattern: /etcd cluster join failed/, patience: 2, words: 'etcd does not take it in' },
  { code: 'k3s.unreached', pattern: /level=fatal.*(?:failed to get CA certs|failed to bootstrap cluster data: .*dial tcp (?!127\.|\[::1\]))/, patience: 3, words: 'the server that it is to join does not answer' },
  { code: 'k3s.start', pattern: /level=fatal.*(?:yaml:|flag provided but not defined|no default routes found)/, patience: 1 },
  // a part of k3s ended, and k3s with it: often after READY, with exit code 0
  { code: 'k3s.start', pattern: /failed to validate kubelet (?:configuration|flags)|invalid kernel flag/, patience: 1 },
  { code: 'k3s.start', pattern: /level=error msg="Shutdown request received: /, patience: 2 },
  { code: 'k3s.start', pattern: /level=fatal/, patience: 3 },
]

const MISMATCHED = /critical configuration mismatched: ([\w.[\]-]+)/

/** The settings that k3s names one by one before it ends because of them. */
const mismatched = (lines: readonly string[]): string => {
  const named = lines.flatMap((line) => MISMATCHED.exec(line)?.[1] ?? [])
  return named.length === 0 ? '' : ` (${[...new Set(named)].join(', ')})`
}

/** The fault that a log shows, or null where it shows none (yet): a vague line must come again before it counts. */
export const startFault = (lines: readonly string[]): StartFault | null => {
  for (const { code, pattern, patience, words = '' } of KNOWN) {
    const found = lines.filter((line) => pattern.test(line))
    const line = found.at(-1)
    if (line !== undefined && found.length >= patience) return { code, line, words: code === 'k3s.mismatch' ? words + mismatched(lines) : words }
  }
  return null
}

const NOTED = /level=(?:info|warning|error|fatal) msg="((?:[^"\\]|\\.)*)"/

/** The message of the last line that says something, for people, at most 200 characters. */
export const lastSaid = (lines: readonly string[]): string =>
  (lines.map((line) => NOTED.exec(line)?.[1]).findLast((message) => message !== undefined) ?? '').replaceAll(/\\(.)/g, '$1').slice(0, 200)

/** What a server that joins waits for, by k3s's words; it goes by itself, in five minutes at most where another learner is lost. */
const WAITS: readonly (readonly [RegExp, string])[] = [
  [/too many learner members/, 'another server is joining, and etcd takes one learner at a time'],
  [/unhealthy cluster/, 'etcd takes no new member until all that vote have been connected for a while'],
  [/Waiting for other members to finish joining/, 'other servers are to finish joining first'],
  [/not yet been promoted from learner/, 'its etcd member is a learner that waits for its vote'],
  [/Failed to (?:test etcd connection|check local etcd status).*(?:connection refused|handshake failed)/, 'its etcd does not answer yet; one that joins is to hear from the others first, over TCP 2380'],
]

/** What a start waits for, for people: the last that k3s said, explained where it needs that; empty where it said nothing. */
export const startWaits = (lines: readonly string[]): string => {
  const said = lastSaid(lines)
  const words = WAITS.find(([pattern]) => pattern.test(said))?.[1]
  return words === undefined ? said : `${words} (${said})`
}
