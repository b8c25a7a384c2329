import { createHash } from 'node:crypto'
import { type Claim, DROVER, K3S, restartText, type Role, unitFileOf, unitOf } from '@drover/protocol'
import { type Installed, isCurrent, type OnDisk, parseClaim, parseInstalled, parseStarted, type Started } from '../core/k3s/marks.ts'
import type { HostReader } from './host.ts'
import { type AbsolutePath, absolutePath } from './path.ts'

/** The paths of k3s and Drover as paths that a host takes. */
export const AT = {
  binary: absolutePath(K3S.binary),
  dropIn: absolutePath(K3S.dropIn),
  serverToken: absolutePath(K3S.serverToken),
  agentToken: absolutePath(K3S.agentToken),
  killall: absolutePath(K3S.killall),
  data: absolutePath(K3S.data),
  images: absolutePath(K3S.images),
  kubeconfig: absolutePath(K3S.kubeconfig),
  claim: absolutePath(DROVER.claim),
  snapshots: absolutePath(DROVER.snapshots),
  installed: absolutePath(DROVER.installed),
  started: absolutePath(DROVER.started),
  wasActive: absolutePath(DROVER.wasActive),
  state: absolutePath(DROVER.state),
} as const

/** The text of a file, or null where there is none. */
export const readText = async (host: HostReader, path: AbsolutePath): Promise<string | null> => {
  const bytes = await host.readFile(path)
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

/** The host's claim; `damaged` where the file is there and cannot be read as one. */
export const readClaim = async (host: HostReader): Promise<Claim | null | 'damaged'> => {
  const text = await readText(host, AT.claim)
  return text === null ? null : (parseClaim(text) ?? 'damaged')
}

/** What Drover installed here, or null. */
export const readInstalled = async (host: HostReader): Promise<Installed | null> => parseInstalled((await readText(host, AT.installed)) ?? '')
/** How k3s was last told to start, or null. */
export const readStarted = async (host: HostReader): Promise<Started | null> => parseStarted((await readText(host, AT.started)) ?? '')

/** SHA-256 of the binary as it is now; the noted hash is trusted while size and time of the file are as noted. */
export const binaryHash = async (host: HostReader, installed: Installed | null): Promise<string | null> => {
  const stat = await host.stat(AT.binary)
  if (stat === null) return null
  if (installed !== null && stat.bytes === installed.bytes && stat.modifiedMs === installed.modifiedMs) return installed.sha256
  return host.sha256(AT.binary)
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const ownHash = async (host: HostReader): Promise<string | null> => {
  const text = await readText(host, AT.dropIn)
  return text === null ? null : sha256(restartText(text))
}

/** One SHA-256 over all that Drover wrote and whose change takes a restart of k3s: drop-in, tokens, unit; not the claim, and not by which server it finds its cluster. */
export const settingsDigest = async (host: HostReader, role: Role): Promise<string> => (await settingsDigests(host, role)).settings

/** The digest, and as agents took it that counted more: what such a one started is not restarted for its successor. */
export const settingsDigests = async (host: HostReader, role: Role): Promise<Pick<OnDisk, 'settings' | 'earlier'>> => {
  const paths = [AT.dropIn, AT.serverToken, AT.agentToken, absolutePath(unitFileOf(role)), AT.claim]
  const [own, ...hashes] = await Promise.all([ownHash(host), ...paths.map((path) => host.sha256(path))])
  const lines = hashes.map((hash, index) => `${paths[index] ?? ''} ${hash ?? '-'}\n`)
  const whole = lines.slice(0, -1)
  const settings = [`${AT.dropIn} ${own ?? '-'}\n`, ...whole.slice(1)]
  return { settings: sha256(settings.join('')), earlier: [sha256(whole.join('')), sha256(lines.join(''))] }
}

/** What is on disk now, and the unit's present invocation. */
export const readOnDisk = async (host: HostReader, role: Role): Promise<OnDisk> => ({
  binary: await binaryHash(host, await readInstalled(host)),
  ...(await settingsDigests(host, role)),
  invocation: (await host.unit(unitOf(role))).invocation,
})

/** The fact `current`: k3s was last started with what is on disk now. */
export const readCurrent = async (host: HostReader, role: Role): Promise<boolean> =>
  isCurrent(await readStarted(host), await readOnDisk(host, role))
