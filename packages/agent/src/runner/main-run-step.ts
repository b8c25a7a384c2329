import { renameSync, writeFileSync } from 'node:fs'
import { type OrderReport } from '@drover/protocol'
import type { VerifyKey } from '@drover/protocol/node'
import { type AgentSettings, readAgentSettings, readEndpoints, RELEASE_BASE } from '../core/agent-settings.ts'
import { claimFault } from '../core/schedule/firing-order.ts'
import type { End } from '../core/step-machine.ts'
import type { HostWriter } from '../host/host.ts'
import { readClaim, readText } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'
import { moduleOf } from '../steps/index.ts'
import { asideFolder } from '../steps/set-aside.ts'
import { readDenial } from './gate.ts'
import { type AppendHook, type AttemptId, attemptOf, openJournal } from './journal.ts'
import { openSecrets } from './open-secrets.ts'
import { orderIn } from './order-in.ts'
import { saidPath } from './order-book.ts'
import { runStep, type StepClock } from './run-step.ts'

/** What the child that carries one order out needs. */
export type ChildOptions = {
  readonly dir: string
  /** The host; its pauses and downloads end with the signal. */
  readonly host: (signal: AbortSignal) => HostWriter
  readonly coordinatorKey: () => Promise<VerifyKey>
  /** The host's X25519 secret, 32 bytes. */
  readonly sealKey: () => Promise<Uint8Array>
  readonly hook?: AppendHook
  /** Another time than the machine's, for tests. */
  readonly clock?: StepClock
}

/** The attempt that `run-step ORDER-ID ATTEMPT` names; throws RangeError for anything else. */
export const attemptOfArguments = (args: readonly string[]): AttemptId => {
  const id = attemptOf(`${args[0] ?? ''}-${args[1] ?? ''}.jnl`)
  if (id === null || args.length !== 2) throw new RangeError('usage: run-step ORDER-ID ATTEMPT')
  return id
}

const SETTINGS = absolutePath('/etc/drover/agent.json')
const ENROLMENT = absolutePath('/var/lib/drover/enrolment.json')

/** Addresses that the coordinator gave last come first, those of the installation after them. */
const loadSettings = async (host: HostWriter): Promise<AgentSettings> => {
  const told = readEndpoints((await readText(host, ENROLMENT)) ?? '')
  const set = readAgentSettings((await readText(host, SETTINGS)) ?? '') ?? { releaseBase: RELEASE_BASE, coordinators: [], pin: null }
  return { ...set, coordinators: [...new Set([...told, ...set.coordinators])] }
}

/** Carries one journaled order out, or goes on with it; resolves with the record that ends it. */
export const runJournaled = async (id: AttemptId, options: ChildOptions): Promise<End> => {
  const { dir } = options
  const host = options.host(new AbortController().signal)
  const journal = openJournal(dir, id, options.hook)
  try {
    const [first] = journal.records()
    const order = orderIn(id, first, await options.coordinatorKey())
    const end = await runStep({
      order,
      module: moduleOf(order.kind),
      host: options.host,
      journal,
      denial: async () => (await readDenial(host, order)) ?? (first?.type === 'FIRED' ? claimFault(order, await readClaim(host)) : null),
      secrets: () => openSecrets(order, options.sealKey),
      settings: await loadSettings(host),
      progress: (progress) => tell(dir, { ...id, state: 'progress', ...progress }, id),
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    })
    const isStuck = end.type === 'FAILED' && end.undone === 'undo-failed' // then a person may want the copies
    if (!isStuck) await host.removeTree(asideFolder(order)).catch(() => undefined)
    return end
  } finally {
    journal.close()
  }
}

/** Leaves the latest progress beside the journal for the resident half; losing it loses nothing. */
const tell = (dir: string, report: OrderReport, id: AttemptId): void => {
  const path = saidPath(dir, id)
  try {
    writeFileSync(`${path}.tmp`, JSON.stringify(report), { mode: 0o600 })
    renameSync(`${path}.tmp`, path)
  } catch {
    // a full disk stops the journal, not the telling
  }
}
