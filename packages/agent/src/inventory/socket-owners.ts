import { readdir, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Owner } from '../core/inventory/used-ports.ts'
import { readText } from './read-text.ts'

/** Control groups of our own k3s and of the pods it runs. */
const OF_K3S = /\/(?:k3s|k3s-agent)\.service|\/kubepods/

/**
 * Who holds each of the sockets (by inode), as far as /proc lets it be seen. `marked`: k3s on this host is Drover's,
 * so what runs in its control groups is ours.
 */
export const socketOwners = async (inodes: ReadonlySet<string>, marked: boolean): Promise<ReadonlyMap<string, Owner>> => {
  const owners = new Map<string, Owner>()
  if (inodes.size === 0) return owners
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    const held = (await socketsOf(pid)).filter((inode) => inodes.has(inode) && !owners.has(inode))
    if (held.length === 0) continue
    const owner = await ownerOf(pid, marked)
    for (const inode of held) owners.set(inode, owner)
    if (owners.size === inodes.size) break
  }
  return owners
}

const socketsOf = async (pid: string): Promise<readonly string[]> => {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])
}

/** A process may name its threads as it likes, so its program's name comes first. */
const ownerOf = async (pid: string, marked: boolean): Promise<Owner> => {
  const [program, thread, groups] = await Promise.all([
    readlink(`/proc/${pid}/exe`).catch(() => ''),
    readText(`/proc/${pid}/comm`, 64),
    readText(`/proc/${pid}/cgroup`, 8_192),
  ])
  const name = basename(program.replace(/ \(deleted\)$/, '')) || (thread ?? '?').trim()
  return { name: name.slice(0, 32), ours: marked && OF_K3S.test(groups ?? '') }
}
