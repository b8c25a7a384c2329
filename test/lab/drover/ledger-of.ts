import { join } from 'node:path'
import { LEDGER_FILE, readLedger, type LedgerLine } from '../../kit/k3s-double/ledger.ts'
import type { Host } from '../host.ts'

/** The stand-in's ledger of a host, also while the host is off. */
export const ledgerOf = (host: Host): LedgerLine[] => readLedger(join(host.root, LEDGER_FILE))

/** How often each event is in a host's ledger, only those that count a life of k3s. */
export const countsOf = (host: Host): Readonly<Record<'initialised' | 'start' | 'wiped', number>> => {
  const count = (event: LedgerLine['event']): number => ledgerOf(host).filter((line) => line.event === event).length
  return { initialised: count('initialised'), start: count('start'), wiped: count('wiped') }
}
