import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const top = '/sys/fs/cgroup'
const folderOfLabs = 'drover-lab'

/** Every cgroup hierarchy of this machine: one with cgroup v2, one per controller with v1. */
export function hierarchies(): string[] {
  if (existsSync(join(top, 'cgroup.controllers'))) return [top]
  return readdirSync(top)
    .map((name) => join(top, name))
    .filter((path) => existsSync(join(path, 'cgroup.procs')))
}

/** The hierarchy by which a lab's processes are found: whatever they do, they stay in their group. */
export function trackingHierarchy(): string {
  const named = ['systemd', 'unified'].map((name) => join(top, name)).find((path) => hierarchies().includes(path))
  return named ?? hierarchies()[0] ?? top
}

/** Folder of a lab's group in a hierarchy, or of a group within it. */
export function groupFolder(hierarchy: string, lab: string, group = ''): string {
  return join(hierarchy, folderOfLabs, lab, group)
}

/** Makes a group for processes that are started into a host or a vantage point; gives its `cgroup.procs`. */
export function joinableGroup(lab: string, group: string): string {
  const folder = groupFolder(trackingHierarchy(), lab, group)
  mkdirSync(folder, { recursive: true })
  return join(folder, 'cgroup.procs')
}

/** Process ids in a group of a lab and in all groups below it; without a group, in the whole lab. */
export function groupMembers(lab: string, group = ''): number[] {
  return foldersBelow(groupFolder(trackingHierarchy(), lab, group)).flatMap(membersOf)
}

/** Kills what is in a group until nothing is; throws when something is still there after 15 s. */
export async function killGroup(lab: string, group = ''): Promise<void> {
  const limit = Date.now() + 15_000
  for (let pids = groupMembers(lab, group); pids.length > 0; pids = groupMembers(lab, group)) {
    if (Date.now() > limit) throw new Error(`processes of lab ${lab} do not end: ${pids.join(' ')}`)
    for (const pid of pids) killNow(pid)
    await delay(10)
  }
}

/** Removes the empty groups of a lab from every hierarchy, and the folder of labs where it was the last. */
export async function removeGroups(lab: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    for (const folder of foldersBelow(groupFolder(hierarchy, lab)).reverse()) await removeFolder(folder)
    const labs = join(hierarchy, folderOfLabs)
    if (existsSync(labs) && foldersBelow(labs).length === 1) await removeFolder(labs)
  }
}

/** Folders of a lab's groups that exist, in all hierarchies. */
export function groupFolders(lab: string): string[] {
  return hierarchies().flatMap((hierarchy) => foldersBelow(groupFolder(hierarchy, lab)))
}

/** Kills one process, or sends it another signal; one that is gone already is fine. */
export function killNow(pid: number, signal: 'SIGKILL' | 'SIGCONT' = 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it was faster
  }
}

async function removeFolder(folder: string): Promise<void> {
  // a group stays busy for a moment after its last process was reaped
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      rmdirSync(folder)
      return
    } catch {
      if (!existsSync(folder)) return
      await delay(10)
    }
  }
}

function foldersBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return [folder, ...entries.filter((entry) => entry.isDirectory()).flatMap((entry) => foldersBelow(join(folder, entry.name)))]
  } catch {
    return []
  }
}

function membersOf(folder: string): number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').map(Number).filter((pid) => pid > 0)
  } catch {
    return []
  }
}
