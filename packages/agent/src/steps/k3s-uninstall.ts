import { DROVER, DroverError, K3S, type Role, unitFileOf, unitOf } from '@drover/protocol'
import { foreignMounts, hasOwnRules, K3S_FILES, K3S_FOLDERS, K3S_LINKS, K3S_MARKS, k3sTree, mountedFolders, ownMounts, SHARED_FOLDERS, withoutOwnRules } from '../core/k3s/remains.ts'
import { unitIsOurs } from '../core/k3s/unit.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT, readClaim, readInstalled, readText } from '../host/k3s-marks.ts'
import { absolutePath, below } from '../host/path.ts'
import { leftovers, linkNames } from './k3s-leftovers.ts'
import { putBackSysctls } from './put-back-sysctls.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'k3s.uninstall'>
const ROLES: readonly Role[] = ['server', 'agent']

const mountsFault = async (host: HostReader): Promise<string | null> => {
  const foreign = foreignMounts(await host.mounts())
  return foreign.length === 0 ? null : `mounted there by somebody else: ${foreign.join(', ')}`
}

const foreignUnits = async (host: HostReader): Promise<readonly string[]> => {
  const texts = await Promise.all(ROLES.map((role) => readText(host, absolutePath(unitFileOf(role)))))
  return ROLES.map(unitFileOf).filter((_, index) => texts[index] !== null && !unitIsOurs(texts[index] ?? ''))
}

type Blocked = Extract<Check, { is: 'blocked' }>

const againstClaim = async (host: HostReader, { params }: Context): Promise<Blocked | null> => {
  const claim = await readClaim(host)
  if (claim === 'damaged') return { is: 'blocked', code: 'order.claim', said: 'claim.json is damaged' }
  if (claim !== null && claim.cluster !== params.cluster) {
    return { is: 'blocked', code: 'order.claim', said: `the host has promised itself to ${claim.cluster}` }
  }
  const isUnmarked = claim === null && (await readInstalled(host)) === null && (await host.stat(AT.binary)) !== null
  const foreign = [...(await foreignUnits(host)), ...(isUnmarked ? [K3S.binary] : [])]
  return foreign.length === 0 ? null : { is: 'blocked', code: 'k3s.foreign', said: `not installed by Drover: ${foreign.join(', ')}` }
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const against = await againstClaim(host, context)
  if (against !== null) return against
  const fault = await mountsFault(host)
  if (fault !== null) return { is: 'blocked', code: 'k3s.mounts', said: fault }
  const left = await leftovers(host)
  return left.length === 0 ? { is: 'satisfied', said: 'nothing of k3s is here' } : { is: 'needed', said: `there is ${left.slice(0, 8).join(', ')}` }
}

const stopUnits = async (host: HostWriter, context: Context): Promise<void> => {
  for (const role of ROLES) {
    const unit = await host.unit(unitOf(role))
    if (unit.load !== 'loaded') continue
    context.say(`stopping ${unitOf(role)}`)
    await host.unitDo('stop', unitOf(role))
    if (unit.enabled) await host.unitDo('disable', unitOf(role))
  }
}

const killAll = async (host: HostWriter, context: Context): Promise<number> => {
  let killed = 0
  for (let round = 0; round < 50; round += 1) {
    const pids = k3sTree(await host.processes())
    if (pids.length === 0) return killed
    if (round === 0) context.say(`ending ${String(pids.length)} processes of containers`)
    for (const pid of pids) await host.kill(pid)
    killed = Math.max(killed, pids.length)
    await host.pause(200)
  }
  return killed
}

/** The cgroups that the kubelet made through systemd; stopping the topmost takes those below with it. */
const PODS_SLICE = 'kubepods.slice'

const stopSlice = async (host: HostWriter): Promise<void> => {
  const slice = await host.unit(PODS_SLICE)
  if (slice.active === 'active') await host.unitDo('stop', PODS_SLICE)
}

const unmountAll = async (host: HostWriter): Promise<readonly string[]> => {
  const points = ownMounts(await host.mounts())
  for (const point of points) {
    const plain = await host.change('umount', ['--', point])
    if (plain.code !== 0) await host.change('umount', ['-l', '--', point])
  }
  return points
}

const removeLinks = async (host: HostWriter): Promise<readonly string[]> => {
  const spaces = (await host.list(absolutePath('/run/netns'))) ?? []
  for (const name of spaces.filter((one) => one.startsWith('cni-'))) await host.change('ip', ['netns', 'delete', name])
  const links = (await linkNames(host)).filter((name) => K3S_LINKS.some((one) => one === name))
  for (const name of links) await host.change('ip', ['link', 'delete', name])
  return links.map((name) => `link ${name}`)
}

const removeRules = async (host: HostWriter, family: 'iptables' | 'ip6tables'): Promise<readonly string[]> => {
  if (!(await host.hasTool(`${family}-save`)) || !(await host.hasTool(`${family}-restore`))) return []
  const saved = await host.read(`${family}-save`, [])
  if (saved.code !== 0 || !hasOwnRules(saved.stdout)) return []
  const put = await host.change(`${family}-restore`, [], withoutOwnRules(saved.stdout))
  if (put.code !== 0) throw new DroverError('step.tool', `${family}-restore failed`, { evidence: put.stderr })
  return [`rules of k3s in ${family}`]
}

/** Empties a folder that is a mount point itself, or removes the folder. */
const removeFolder = async (host: HostWriter, folder: string, mounted: readonly string[]): Promise<void> => {
  const path = absolutePath(folder)
  if (!mounted.includes(folder)) return host.removeTree(path)
  for (const name of (await host.list(path)) ?? []) if (name !== 'lost+found') await host.removeTree(below(path, name))
}

const removeFiles = async (host: HostWriter): Promise<readonly string[]> => {
  const removed: string[] = []
  const gone = async (path: string, remove: () => Promise<unknown>): Promise<void> => {
    if ((await host.stat(absolutePath(path))) === null) return
    await remove()
    removed.push(path)
  }
  const mounted = mountedFolders(await host.mounts())
  for (const folder of K3S_FOLDERS) await gone(folder, () => removeFolder(host, folder, mounted))
  const links = (await readInstalled(host))?.links ?? []
  for (const link of links) if ((await host.readLink(absolutePath(link))) === 'k3s') await gone(link, () => host.remove(absolutePath(link)))
  for (const file of K3S_FILES) {
    const text = /\.(?:sh|service)$/.test(file) ? await readText(host, absolutePath(file)) : null
    if (text === null || unitIsOurs(text)) await gone(file, () => host.remove(absolutePath(file)))
  }
  return removed
}

const kept = async (host: HostReader): Promise<string[]> => {
  const folders = ['/etc/rancher/k3s', K3S.dropIns]
  const found: string[] = (await host.stat(absolutePath(K3S.nodePassword))) === null ? [] : [K3S.nodePassword]
  for (const folder of folders) {
    for (const name of (await host.list(absolutePath(folder))) ?? []) {
      const path = `${folder}/${name}`
      if (path !== K3S.dropIns) found.push(path)
    }
  }
  return found.slice(0, 64)
}

const apply = async (host: HostWriter, context: Context): Promise<{ removed: string[] }> => {
  await stopUnits(host, context)
  const killed = await killAll(host, context)
  await stopSlice(host)
  const points = await unmountAll(host)
  const fault = await mountsFault(host)
  if (fault !== null) throw new DroverError('k3s.mounts', fault)
  const network = [...(await removeLinks(host)), ...(await removeRules(host, 'iptables')), ...(await removeRules(host, 'ip6tables'))]
  context.say('removing files')
  const files = await removeFiles(host)
  const sysctls = await putBackSysctls(host)
  await host.daemonReload()
  for (const mark of K3S_MARKS) await host.remove(absolutePath(mark))
  const mounted = await host.mounts()
  for (const folder of SHARED_FOLDERS.filter((one) => !mounted.includes(one))) await host.removeEmpty(absolutePath(folder))
  await host.remove(absolutePath(DROVER.claim))
  const processes = killed === 0 ? [] : [`${String(killed)} processes`]
  return { removed: [...processes, ...points.map((point) => `mount ${point}`), ...network, ...files, ...sysctls] }
}

const verify: StepModule<'k3s.uninstall'>['verify'] = async (host, _context, receipt) => {
  const left = await leftovers(host)
  if (left.length > 0) throw new DroverError('k3s.leftovers', `still there: ${left.slice(0, 20).join(', ')}`, { evidence: left.join('\n') })
  const removed = (receipt as { removed?: string[] } | null)?.removed ?? []
  return { removed: removed.slice(0, 256), kept: await kept(host) }
}

/** Takes k3s off the host and proves that nothing of it is left; the claim goes last, so that a cut uninstall goes on. */
export const k3sUninstall: StepModule<'k3s.uninstall'> = {
  kind: 'k3s.uninstall',
  check,
  note: () => Promise.resolve(null),
  apply,
  verify,
  undo: 'irreversible',
}
