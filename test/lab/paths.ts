import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folder that holds one folder per lab; `DROVER_LAB_DIR` names another one (ext4 or xfs: overlays need it). */
export const labsFolder = (): string => process.env['DROVER_LAB_DIR'] ?? '/var/lib/drover-lab'

/** Folder of the root images and of the locks; `DROVER_LAB_CACHE` names another one. */
export const cacheFolder = (): string => process.env['DROVER_LAB_CACHE'] ?? '/var/cache/drover-lab'

/** Folder of one lab. */
export const labFolder = (lab: string): string => join(labsFolder(), lab)

/** Folder of one host of a lab: its overlay, its mounted root, its console output. */
export const hostFolder = (lab: string, host: string): string => join(labFolder(lab), 'hosts', host)

/** File on which a network namespace of a lab is mounted (`router`, `admin`, `stranger` or `host-<name>`). */
export const netFile = (lab: string, namespace: string): string => join(labFolder(lab), 'net', namespace)

/** Lock that guards the list of labs and the sysctls they share. */
export const labsLock = (): string => join(cacheFolder(), 'labs.lock')

/** A lab's or host's name, or an error: names become file, group and host names. */
export function checkedName(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) return name
  throw new Error(`"${name}" is not a name: lower-case letters, digits and dashes, at most 32`)
}

/** Mount points under a folder, deepest last mounted first, as /proc/self/mountinfo says them. */
export function mountsUnder(folder: string): string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((point) => point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`)).reverse()
}
