import { DroverError, type FirewallFact, MOST_SESSIONS, NO_FIREWALL } from '@drover/protocol'
import type { FirewallState } from '../core/firewall/state.ts'
import type { FirewallBackend } from '../firewall/backend.ts'
import { FIREWALL_AT } from '../firewall/at.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import { readInCharge } from '../firewall/read-in-charge.ts'
import { readSshPorts, readSshSessions } from '../firewall/read-ssh-sessions.ts'
import type { HostReader } from '../host/host.ts'

/** Reads how the firewall of this host stands. */
export type ReadFirewall = () => Promise<FirewallFact>

/** What a look at the firewall found, and by which backend. */
export type FirewallSeen = { readonly backend: FirewallBackend; readonly state: FirewallState }

/** What reading needs: the host, how often the rules were put back, a clock that never goes back (ms), and how to look (null: no backend). */
export type FirewallTools = {
  readonly host: HostReader
  readonly repairs: () => number
  readonly monotonic: () => number
  readonly see?: () => Promise<FirewallSeen | null>
}

/** How long the ports of sshd stay known, in ms. */
const PORTS_AFTER = 300_000

/** Reads which SSH sessions are open; none where that cannot be told, for the step that tries rules asks on its own. */
const rememberPorts = ({ host, monotonic }: FirewallTools): (() => Promise<FirewallFact['ssh']>) => {
  let known: { readonly at: number; readonly ports: readonly number[] } | null = null
  const read = async (): Promise<FirewallFact['ssh']> => {
    if (known === null || monotonic() - known.at >= PORTS_AFTER) known = { at: monotonic(), ports: await readSshPorts(host) }
    return [...(await readSshSessions(host, known.ports))].slice(0, MOST_SESSIONS)
  }
  return () => read().catch(() => [])
}

/** How long it stays known who else is in charge, in ms: to ask takes some programs. A person who turns one off looks again soon. */
const ASK_AFTER = { nobody: 300_000, somebody: 15_000 } as const

/** Looks at the firewall of a host. */
export const seeFirewall = async (host: HostReader): Promise<FirewallSeen | null> => {
  const backend = await chooseBackend(host)
  return backend === null ? null : { backend, state: await backend.read(host) }
}

/** True where files that go with rules of ours are on the host: from before they are first in force until they are removed. */
const hasTraces = async (host: HostReader): Promise<boolean> => {
  for (const path of [FIREWALL_AT.active, FIREWALL_AT.revert, FIREWALL_AT.unitFile]) if ((await host.stat(path)) !== null) return true
  return false
}

const unread = async (host: HostReader, why: string): Promise<FirewallFact['unread']> => ({ why: why.slice(0, 400), traces: await hasTraces(host).catch(() => true) })

const wordsOf = (error: unknown): string => {
  const evidence = error instanceof DroverError ? error.evidence.trim() : ''
  const said = error instanceof Error ? error.message : String(error)
  return evidence === '' ? said : `${said}: ${evidence}`
}

/**
 * Builds the reader; it is made to be called every few seconds, so it remembers for a while who else is in charge. It never fails:
 * what cannot be read is told as that, so that it neither counts as no firewall nor keeps the other facts back.
 */
export const createReadFirewall = (tools: FirewallTools): ReadFirewall => {
  const { host, repairs, monotonic, see = () => seeFirewall(host) } = tools
  const sessions = rememberPorts(tools)
  let asked: { readonly at: number; readonly inCharge: string | null } | null = null
  const isOld = (): boolean => asked === null || monotonic() - asked.at >= (asked.inCharge === null ? ASK_AFTER.nobody : ASK_AFTER.somebody)
  /** Where it cannot be asked what was known stays; before rules are tried, the step asks on its own and goes by its answer alone. */
  const whoIsInCharge = async (): Promise<string | null> => {
    if (isOld()) asked = await readInCharge(host).then((inCharge) => ({ at: monotonic(), inCharge }), () => asked)
    return asked?.inCharge ?? null
  }
  const read = async (): Promise<FirewallFact> => {
    const seen = await see() // first of all: to look is also to put the rules back
    const inCharge = await whoIsInCharge()
    if (seen === null) return { ...NO_FIREWALL, backend: null, inCharge, unread: (await hasTraces(host)) ? await unread(host, 'nft is not installed any more') : null }
    const { active, staged } = seen.state
    return { active: active?.digests ?? null, staged: staged?.digests ?? null, backend: seen.backend.name, inCharge, unread: null, ssh: await sessions(), repairs: repairs() }
  }
  return () => read().catch(async (error: unknown) => ({ ...NO_FIREWALL, inCharge: asked?.inCharge ?? null, unread: await unread(host, wordsOf(error)), repairs: repairs() }))
}
