import { DroverError, K3S, type Role, uninstallOf, unitFileOf, unitOf } from '@drover/protocol'
import { wantedFiles, type WantedFile } from '../core/k3s/files.ts'
import { unitIsOurs } from '../core/k3s/unit.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT, readClaim, readInstalled, readText } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'
import { AsideSchema, asideFolder, putBack, setAside } from './set-aside.ts'
import type { Check, StepContext, StepModule } from './step.ts'
import { uncopied } from './uncopied.ts'

type Context = StepContext<'k3s.config'>

const wanted = ({ params, secrets }: Context): readonly WantedFile[] => wantedFiles({ ...params, secrets })

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const differs = async (host: HostReader, file: WantedFile): Promise<boolean> => {
  const path = absolutePath(file.path)
  const stat = await host.stat(path)
  return stat?.kind !== 'file' || stat.mode !== file.mode || (await readText(host, path)) !== file.text
}

const differing = async (host: HostReader, context: Context): Promise<readonly WantedFile[]> => {
  const files = wanted(context)
  const changed = await Promise.all(files.map((file) => differs(host, file)))
  return files.filter((_, index) => changed[index] === true)
}

const otherRole = (role: Role): Role => (role === 'server' ? 'agent' : 'server')

/** What of a k3s that is not ours stands in the way. */
const foreign = async (host: HostReader): Promise<readonly string[]> => {
  const found: string[] = []
  for (const path of [unitFileOf('server'), unitFileOf('agent'), K3S.killall, uninstallOf('server'), uninstallOf('agent')]) {
    const text = await readText(host, absolutePath(path))
    if (text !== null && !unitIsOurs(text)) found.push(path)
  }
  if ((await readInstalled(host)) === null && (await host.stat(AT.binary)) !== null) found.push(AT.binary)
  return found
}

const contradiction = async (host: HostReader, { params }: Context): Promise<string | null> => {
  const claim = await readClaim(host)
  if (claim === 'damaged') return 'claim.json is damaged'
  if (claim === null) return null
  if (claim.cluster !== params.claim.cluster) return `the host has promised itself to ${claim.cluster}`
  if (claim.incarnation > params.claim.incarnation) return `the host is of incarnation ${String(claim.incarnation)}, later than ${String(params.claim.incarnation)}`
  const sameTime = claim.incarnation === params.claim.incarnation
  return sameTime && claim.seed !== params.claim.seed ? `the seed of this incarnation is ${claim.seed}` : null
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const traces = await foreign(host)
  if (traces.length > 0) return { is: 'blocked', code: 'k3s.foreign', said: `not installed by Drover: ${traces.join(', ')}` }
  const against = await contradiction(host, context)
  if (against !== null) return { is: 'blocked', code: 'order.claim', said: against }
  const other = unitFileOf(otherRole(context.params.role))
  if ((await host.stat(absolutePath(other))) !== null) return { is: 'blocked', code: 'k3s.foreign', said: `the host has the other role: ${other} is there` }
  const harm = await uncopied(host, Object.keys(context.params.config))
  if (harm !== null) return { is: 'blocked', code: 'k3s.uncopied', said: harm }
  const files = await differing(host, context)
  if (files.length > 0) return { is: 'needed', said: `to be written: ${files.map((file) => file.path).join(', ')}` }
  const unit = await host.unit(unitOf(context.params.role))
  if (unit.stale || unit.load !== 'loaded') return { is: 'needed', said: 'systemd has not read the unit yet' }
  return { is: 'satisfied', said: 'all settings are as ordered' }
}

const apply = async (host: HostWriter, context: Context): Promise<{ changed: string[] }> => {
  const files = await differing(host, context)
  for (const file of files) await host.writeFile(absolutePath(file.path), bytesOf(file.text), file.mode)
  await host.daemonReload()
  return { changed: files.map((file) => file.path) }
}

const verify: StepModule<'k3s.config'>['verify'] = async (host, context, receipt) => {
  const [file] = await differing(host, context)
  if (file !== undefined) throw new DroverError('step.tool', `${file.path} is not as it was written`)
  const unit = await host.unit(unitOf(context.params.role))
  if (unit.load !== 'loaded' || unit.stale) throw new DroverError('step.tool', `systemd says that the unit is ${unit.stale ? 'stale' : unit.load}`)
  return { changed: (receipt as { changed?: string[] } | null)?.changed ?? [] }
}

/** Writes the drop-in, the token files, the unit, the scripts and the claim; starts nothing. */
export const k3sConfig: StepModule<'k3s.config'> = {
  kind: 'k3s.config',
  check,
  note: (host, context) => setAside(host, asideFolder(context.order), wanted(context).map((file) => absolutePath(file.path))),
  apply,
  verify,
  undo: async (host, _context, notes) => {
    await putBack(host, AsideSchema.parse(notes))
    await host.daemonReload()
  },
}
