import { DROVER, DroverError, K3S, unitFileOf } from '@drover/protocol'
import { type Installed, renderMark } from '../core/k3s/marks.ts'
import { releaseFile, versionSaid } from '../core/k3s/release.ts'
import { unitIsOurs } from '../core/k3s/unit.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT, readInstalled, readText } from '../host/k3s-marks.ts'
import { type AbsolutePath, absolutePath, below } from '../host/path.ts'
import { fetchFile } from './fetch.ts'
import { AsideSchema, asideFolder, putBack, setAside } from './set-aside.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'binary.install'>

const MIB = 1_048_576
const MOST = { binary: 512 * MIB, image: 4096 * MIB } as const
const SPARE = 1024 * MIB
const INCOMING = absolutePath('/usr/local/bin/k3s-incoming')
const LINKS = K3S.links.map((path) => absolutePath(path))
/** Where k3s unpacks itself at its first use, and its link to what it unpacked last. */
const UNPACKED = below(AT.data, 'data')
const CURRENT = below(UNPACKED, 'current')
const UNPACK_MS = 300_000
const PREVIOUS = absolutePath(`${DROVER.state}/previous/k3s`)

const imageAt = (name: string): AbsolutePath => below(AT.images, name)
const incomingImage = (name: string): AbsolutePath => below(AT.images, `.${name}.drover-incoming`)

/** Paths of a k3s that somebody else installed; empty where there is none or all is ours. */
const foreign = async (host: HostReader, context: Context): Promise<readonly string[]> => {
  const found: string[] = []
  for (const role of ['server', 'agent'] as const) {
    const text = await readText(host, absolutePath(unitFileOf(role)))
    if (text !== null && !unitIsOurs(text)) found.push(unitFileOf(role))
  }
  if ((await readInstalled(host)) !== null) return found
  const stat = await host.stat(AT.binary)
  if (stat === null || (await host.sha256(AT.binary)) === context.params.sha256) return found
  return [...found, AT.binary]
}

const missingImages = async (host: HostReader, context: Context): Promise<readonly Context['params']['images'][number][]> => {
  const hashes = await Promise.all(context.params.images.map((image) => host.sha256(imageAt(image.name))))
  return context.params.images.filter((image, index) => hashes[index] !== image.sha256)
}

const lacking = async (host: HostReader, context: Context): Promise<string | null> => {
  const { params } = context
  if ((await host.sha256(AT.binary)) !== params.sha256) return `${AT.binary} is not ${params.version}`
  const [image] = await missingImages(host, context)
  if (image !== undefined) return `${image.name} is missing`
  const installed = await readInstalled(host)
  if (installed === null || installed.sha256 !== params.sha256 || installed.version !== params.version) return 'it is not noted as installed'
  const unnoted = params.images.find((one) => installed.images[one.name] !== one.sha256)
  return unnoted === undefined ? null : `${unnoted.name} is not noted as installed`
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const traces = await foreign(host, context)
  if (traces.length > 0) return { is: 'blocked', code: 'k3s.foreign', said: `not installed by Drover: ${traces.join(', ')}` }
  const reason = await lacking(host, context)
  if (reason === null) return { is: 'satisfied', said: `${context.params.version} is installed` }
  for (const folder of [AT.binary, AT.images, AT.state]) {
    const free = await host.freeBytes(folder)
    if (free < SPARE) {
      return { is: 'blocked', code: 'step.space', said: `${String(Math.floor(free / MIB))} MiB free at ${folder}; ${String(SPARE / MIB)} MiB are needed` }
    }
  }
  return { is: 'needed', said: reason }
}

const note: StepModule<'binary.install'>['note'] = (host, context) =>
  setAside(host, asideFolder(context.order), [AT.binary, ...LINKS, AT.installed, PREVIOUS, CURRENT, ...context.params.images.map((image) => imageAt(image.name))])

/** Runs the file: it must call itself the ordered version, which also proves that it is for this machine. */
const proveRunnable = async (host: HostReader, path: AbsolutePath, version: string): Promise<void> => {
  const ran = await host.askVersion(path)
  const said = ran.code === 0 ? versionSaid(ran.stdout) : null
  if (said === version) return
  const evidence = `${path} --version: exit ${String(ran.code)}${ran.timedOut ? ' (timed out)' : ''}\n${ran.stdout.slice(0, 1000)}\n${ran.stderr.slice(0, 1000)}`
  if (ran.timedOut) throw new DroverError('binary.unrunnable', 'the file said no version in time: the host may be too busy', { evidence })
  const message = said === null ? 'the file does not run here as k3s' : `the file is k3s ${said}, not ${version}`
  throw new DroverError('binary.unrunnable', message, { evidence })
}

/** Notes what is installed, and what of it is still to come (the file's size and time stay when it is renamed). */
const writeMark = async (host: HostWriter, { params }: Context, has: { file: AbsolutePath; links?: string[]; images?: Installed['images'] }): Promise<void> => {
  const [before, stat] = await Promise.all([readInstalled(host), host.stat(has.file)])
  const mark = renderMark({
    version: params.version,
    sha256: params.sha256,
    bytes: stat?.bytes ?? 0,
    modifiedMs: stat?.modifiedMs ?? 0,
    links: has.links ?? before?.links ?? [],
    images: { ...before?.images, ...has.images },
  })
  await host.writeFile(AT.installed, new TextEncoder().encode(mark), 0o644)
}

const installBinary = async (host: HostWriter, context: Context): Promise<number | null> => {
  const { params } = context
  if ((await host.sha256(AT.binary)) === params.sha256) {
    await proveRunnable(host, AT.binary, params.version)
    return null
  }
  const wanted = { sha256: params.sha256, releaseName: releaseFile(params.arch), maxBytes: MOST.binary }
  context.say(`fetching k3s ${params.version}`)
  try {
    const bytes = await fetchFile(host, context, { wanted, to: INCOMING })
    await host.setMode(INCOMING, 0o755)
    await proveRunnable(host, INCOMING, params.version)
    if ((await host.stat(AT.binary)) !== null) await host.duplicate(AT.binary, PREVIOUS)
    // The mark goes first: a k3s without one is somebody else's, and the host may be looked at between any two changes.
    await writeMark(host, context, { file: INCOMING })
    await host.rename(INCOMING, AT.binary)
    return bytes
  } finally {
    await host.remove(INCOMING).catch(() => undefined)
  }
}

const installImages = async (host: HostWriter, context: Context): Promise<number> => {
  let bytes = 0
  for (const image of await missingImages(host, context)) {
    context.say(`fetching ${image.name}`)
    const to = incomingImage(image.name)
    await host.makeFolder(AT.images, 0o755)
    const wanted = { sha256: image.sha256, releaseName: image.name, maxBytes: MOST.image }
    try {
      bytes += await fetchFile(host, context, { wanted, to })
      await host.setMode(to, 0o644)
      await host.rename(to, imageAt(image.name))
    } finally {
      await host.remove(to).catch(() => undefined)
    }
  }
  return bytes
}

/** Links kubectl, crictl and ctr to k3s where people have no program of that name; returns the links that are ours. */
const makeLinks = async (host: HostWriter): Promise<string[]> => {
  const ours: string[] = []
  for (const path of LINKS) {
    const target = await host.readLink(path)
    if (target === 'k3s' || target === K3S.binary) ours.push(path)
    else if ((await host.which(path.slice(path.lastIndexOf('/') + 1))) === null) {
      await host.symlink('k3s', path)
      ours.push(path)
    }
  }
  return ours
}

/**
 * Has k3s unpack itself ahead, so that its first start takes less long; what keeps it from that is told by that start. Beside one
 * that ran already it waits for its restart: the link is also what that one goes by.
 */
const unpack = async (host: HostWriter, context: Context): Promise<void> => {
  if ((await host.stat(CURRENT)) !== null) return
  context.say('k3s unpacks itself')
  await host.kubectl(['version', '--client'], UNPACK_MS)
}

const apply = async (host: HostWriter, context: Context): Promise<{ bytes: number; fetched: boolean }> => {
  const { params } = context
  const binary = await installBinary(host, context)
  const bytes = await installImages(host, context)
  const links = await makeLinks(host)
  const images = Object.fromEntries(params.images.map((image) => [image.name, image.sha256]))
  await writeMark(host, context, { file: AT.binary, links, images })
  await unpack(host, context)
  return { bytes: (binary ?? 0) + bytes, fetched: binary !== null || bytes > 0 }
}

const verify: StepModule<'binary.install'>['verify'] = async (host, context, receipt) => {
  const reason = await lacking(host, context)
  if (reason !== null) throw new DroverError('binary.hash', `after installing: ${reason}`)
  const got = receipt as { bytes?: number; fetched?: boolean } | null
  const bytes = got?.bytes ?? 0
  return { bytes, from: got?.fetched === true ? context.params.origin : 'present' }
}

/** Puts the k3s binary and air-gap images on the host, by hash; starts nothing. */
export const binaryInstall: StepModule<'binary.install'> = {
  kind: 'binary.install',
  check,
  note,
  apply,
  verify,
  undo: async (host, { params }, notes) => {
    for (const path of [INCOMING, ...params.images.map((image) => incomingImage(image.name))]) await host.remove(path)
    const aside = AsideSchema.parse(notes)
    if (aside.folders.includes(UNPACKED)) await host.removeTree(UNPACKED)
    await putBack(host, aside)
  },
}
