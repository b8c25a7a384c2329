import { cpSync, readdirSync, readFileSync, readlinkSync, statSync, lstatSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { K3S, type TypedOrder } from '@drover/protocol'
import { type AppendHook, type End, type HostWriter, moduleOf, openJournal, RELEASE_BASE, runStep } from '@drover/agent'
import { readWorld, worldFile } from '../../kit/fake-host/world.ts'
import { BEFORE, hostOf, kindOf, orderBefore, putOlder, SECRETS, type StepCase } from './step-case.ts'

/** How an order is carried out in a test. */
export type CarryOut = { readonly root: string; readonly order: TypedOrder; readonly host?: HostWriter; readonly hook?: AppendHook }

/** Runs an order's step by the real runner with a real journal file beside the host's folder. */
export const carryOut = async ({ root, order, host = hostOf(root), hook }: CarryOut): Promise<End> => {
  const journal = openJournal(`${root}.journal`, { order: order.id, attempt: order.attempt }, hook)
  try {
    return await runStep({
      order,
      module: moduleOf(order.kind),
      host: () => host,
      journal,
      denial: async () => null,
      secrets: async () => SECRETS,
      settings: { releaseBase: RELEASE_BASE, coordinators: ['https://10.0.0.1:8443'], pin: 'cGlu' },
      progress: () => undefined,
    })
  } finally {
    journal.close()
  }
}

/** Brings a host to where a case comes next. */
export const stage = async (root: string, of: StepCase): Promise<void> => {
  for (const before of BEFORE[kindOf(of)]) {
    const end = await carryOut({ root, order: orderBefore(before, of) })
    if (end.type !== 'DONE') throw new Error(`${before} before ${of}: ${JSON.stringify(end)}`)
  }
  putOlder(root, kindOf(of))
}

/** A second host that is in every way like the first. */
export const copyHost = (root: string, to: string): void => {
  cpSync(root, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, force: true })
  cpSync(worldFile(root), worldFile(to))
}

const OF_K3S = [K3S.data, K3S.kubeconfig, '/run/', '/var/lib/kubelet', '/var/lib/cni', '/var/log', '/etc/rancher/node', '/sys/', '/var/lib/drover/k3s-was-active']
/** Copies for undos, transactions on their way, and the dead-man of a stage, which ends with the stage. */
const OF_RUNNER = ['/var/lib/drover/undo', '/run/drover', '/var/lib/drover/firewall']

/** What new connections go through for good. */
const inForce = ({ nft }: ReturnType<typeof readWorld>): string =>
  JSON.stringify(nft?.rules.filter(({ chain, expr }) => chain === 'edge' && !JSON.stringify(expr).includes('@armed')) ?? [])

const shown = (path: string): string => {
  const stat = lstatSync(path)
  const mode = (stat.mode & 0o7777).toString(8)
  if (stat.isSymbolicLink()) return `link ${readlinkSync(path)}`
  if (stat.isDirectory()) return `folder ${mode}`
  return `file ${mode} ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)}`
}

const walk = (root: string, folder: string): readonly string[] =>
  readdirSync(`${root}${folder}`).flatMap((name) => {
    const path = `${folder}/${name}`
    const below = lstatSync(`${root}${path}`).isDirectory() && statSync(`${root}${path}`).isDirectory() ? walk(root, path) : []
    return [path, ...below]
  })

/** Everything on a host that a step could have changed, by path; what k3s itself writes only where `withK3s` says so. */
export const pictureOf = (root: string, withK3s = false): Readonly<Record<string, string>> => {
  const left = withK3s ? OF_RUNNER : [...OF_K3S, ...OF_RUNNER]
  const paths = walk(root, '').filter((path) => !left.some((prefix) => path.startsWith(prefix)))
  const world = readWorld(root)
  const { units, processes, mounts, nft, uploads } = world
  const known = Object.entries(units).filter(([, unit]) => unit.read !== null || unit.active !== 'inactive')
  const state = known.map(([name, unit]): [string, string] => [`unit ${name}`, `${unit.active} ${String(unit.enabled)} ${unit.read === null ? 'none' : 'read'}`])
  const files = paths.map((path): [string, string] => [path, shown(`${root}${path}`)])
  return Object.fromEntries<string>([...files, ...state, ['rules', inForce(world)], ['world', withK3s ? JSON.stringify({ processes, mounts, nft, uploads }) : '']])
}
