import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, type Row } from './row.ts'

type Cost = 'boot' | 'apply' | 'commit' | 'member' | 'read' | 'digest'
type Path = { readonly table: boolean; readonly connectUs: number; readonly roundTripUs: number }
type Measured = { readonly costs: Readonly<Record<Cost, number>>; readonly paths: readonly Path[] }

const ms = (value: number): string => `${value.toFixed(1)} ms`

const pathRow = (name: string, paths: readonly Path[], of: (path: Path) => number): Row => {
  const [without, withTable] = [false, true].map((table) => median(paths.filter((path) => path.table === table).map(of)))
  return { name, value: `${(withTable ?? 0).toFixed(1)} us, ${(without ?? 0).toFixed(1)} us without the table`, ratio: `${((withTable ?? 0) / (without ?? Number.NaN)).toFixed(2)} x without` }
}

/** The firewall's transactions with 1,000 members in a network namespace of their own, and what a packet pays for the table. */
export const measureFirewall = async (): Promise<readonly Row[]> => {
  const script = fileURLToPath(new URL('firewall/in-namespace.ts', import.meta.url))
  const { costs, paths } = JSON.parse(execFileSync('unshare', ['--net', process.execPath, script]).toString()) as Measured
  return [
    { name: 'firewall: apply (stage), 1,000 members', value: ms(costs.apply), limit: '<= 150 ms' },
    { name: 'firewall: commit, 1,000 members', value: ms(costs.commit) },
    { name: 'firewall: load at boot, 1,000 members', value: ms(costs.boot) },
    { name: 'firewall: one member of 1,000 leaves', value: ms(costs.member) },
    { name: 'firewall: read back and judge, 1,000 members', value: ms(costs.read) },
    { name: 'firewall: digest of 1,000 members', value: ms(costs.digest) },
    pathRow('firewall: a new TCP connection', paths, ({ connectUs }) => connectUs),
    pathRow('firewall: a UDP round trip', paths, ({ roundTripUs }) => roundTripUs),
  ]
}
