import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'
import { groupFolders, groupMembers, killGroup, removeGroups } from './control-group.ts'
import { withFileLock } from './file-lock.ts'
import { isAlive, labNames, readLabState } from './lab-state.ts'
import { returnSysctls } from './machine-sysctls.ts'
import { labFolder, labsFolder, labsLock, mountsUnder } from './paths.ts'

/** What of a lab is still on the machine: process ids, mount points (network namespaces are such), groups, folders. */
export interface Leftovers {
  readonly processes: number[]
  readonly mounts: string[]
  readonly groups: string[]
  readonly folders: string[]
}

/** Looks for everything a lab puts on the machine. */
export function leftoversOf(lab: string): Leftovers {
  const folder = labFolder(lab)
  return {
    processes: groupMembers(lab),
    mounts: mountsUnder(folder),
    groups: groupFolders(lab),
    folders: existsSync(folder) ? [folder] : [],
  }
}

/** Ends a lab in whatever state it is and removes all of it; gives what could not be removed. */
export function tearDown(lab: string): Promise<Leftovers> {
  return withFileLock(labsLock(), () => tearDownLocked(lab))
}

/** `tearDown` for a caller that holds the lock of the labs. */
export async function tearDownLocked(lab: string): Promise<Leftovers> {
  await killGroup(lab)
  await unmountAll(labFolder(lab))
  await removeGroups(lab)
  removeLabFolder(lab)
  if (labNames().length === 0 && existsSync(labsFolder())) {
    returnSysctls()
    if (readdirSync(labsFolder()).length === 0) rmdirSync(labsFolder())
  }
  return leftoversOf(lab)
}

/** Removes the labs whose owner died without closing them; wants the lock of the labs. */
export async function sweepAbandoned(): Promise<void> {
  for (const lab of labNames()) {
    const owner = readLabState(lab)?.owner
    if (owner !== undefined && owner !== null && !isAlive(owner)) await tearDownLocked(lab)
  }
}

// never follows a mount into what is not ours, and takes no folder for a lab that has no lab.json; that goes last
function removeLabFolder(lab: string): void {
  const folder = labFolder(lab)
  if (!existsSync(folder) || mountsUnder(folder).length > 0) return
  if (readLabState(lab) !== undefined) {
    for (const part of ['hosts', 'net', 'lab.json']) rmSync(join(folder, part), { recursive: true, force: true })
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}

/** Unmounts everything under a folder, what was mounted last first. */
export async function unmountAll(folder: string): Promise<void> {
  for (const point of mountsUnder(folder)) {
    const gone = await run(['umount', point])
    if (gone.code !== 0) await run(['umount', '--lazy', point])
  }
}
