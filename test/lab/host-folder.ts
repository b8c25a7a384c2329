import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { outputOf, run, runOrThrow } from './command.ts'
import { extrasFor, type ExtraFile, type HostExtra, type HostNeeds } from './host-extras.ts'
import { writeHostState } from './lab-state.ts'
import { hostFolder } from './paths.ts'
import { etcdOf } from './root-image.ts'

/** What a host's file system is made of. */
export interface HostFolderPlan {
  readonly lab: string
  readonly image: string
  readonly needs: HostNeeds
  /** Paths of the image that this host lacks, e.g. `/usr/bin/xz`. */
  readonly without: readonly string[]
  /** A host whose files are copied: with it come its identity and all that was done on it. */
  readonly copyOf?: string
}

/** Makes a host's folder and mounts its root: the image below, a layer of its own above. */
export async function makeHostFolder(plan: HostFolderPlan): Promise<void> {
  const { name } = plan.needs.state
  const folder = hostFolder(plan.lab, name)
  for (const part of ['upper', 'work', 'root', 'folders']) {
    mkdirSync(join(folder, part), { recursive: true, mode: 0o755 })
  }
  writeHostState(plan.lab, plan.needs.state)
  if (plan.copyOf !== undefined) await copyLayers(hostFolder(plan.lab, plan.copyOf), folder)
  const layers = `lowerdir=${plan.image},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`
  await runOrThrow(['mount', '-t', 'overlay', `drover-lab-${name}`, '-o', layers, join(folder, 'root')])
  for (const path of plan.without) rmSync(join(folder, 'root', path), { recursive: true, force: true })
  for (const extra of extrasFor(plan.needs)) await addExtra(folder, extra, plan)
}

const COPIES = 5

/** Copies the layers of a host, which may be running: where a file went away on the way, the copy begins anew. */
async function copyLayers(from: string, to: string): Promise<void> {
  for (const part of ['upper', 'folders']) {
    const copy = ['cp', '-a', `${join(from, part)}/.`, join(to, part)]
    for (let left = COPIES - 1; ; left -= 1) {
      const done = await run(copy)
      if (left === 0 || !done.stderr.includes('No such file')) {
        outputOf(copy, done)
        break
      }
      rmSync(join(to, part), { recursive: true })
      mkdirSync(join(to, part), { mode: 0o755 })
    }
  }
}

async function addExtra(folder: string, extra: HostExtra, { image, needs }: HostFolderPlan): Promise<void> {
  const root = join(folder, 'root')
  for (const bind of extra.binds ?? []) await bindInto(folder, bind, etcdOf(image))
  await copyInto(root, extra.copies ?? [])
  for (const file of extra.files?.(needs) ?? []) addFile(root, file)
  for (const [path, target] of Object.entries(extra.links ?? {})) symlinkSync(target, cleared(join(root, path)))
  await runIn(root, extra.commands ?? [])
}

async function runIn(root: string, commands: NonNullable<HostExtra['commands']>): Promise<void> {
  const unmade = commands.filter(({ makes }) => !existsSync(join(root, makes)))
  for (const { argv } of unmade) await runOrThrow(['chroot', root, ...argv])
}

async function copyInto(root: string, copies: NonNullable<HostExtra['copies']>): Promise<void> {
  for (const { folderNamedBy, to } of copies) {
    const from = process.env[folderNamedBy] ?? ''
    if (from === '') continue
    mkdirSync(join(root, to), { recursive: true })
    await runOrThrow(['cp', '-r', `${from}/.`, join(root, to)])
  }
}

function addFile(root: string, { path, text, mode }: ExtraFile): void {
  writeFileSync(cleared(join(root, path)), text)
  chmodSync(join(root, path), mode ?? 0o644)
}

// a path at which nothing is, in a folder that exists
function cleared(path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  return path
}

async function bindInto(folder: string, bind: { at: string; of: 'folder' | 'node' | 'etcd' }, etcd: string): Promise<void> {
  const at = join(folder, 'root', bind.at)
  if (bind.of === 'folder') {
    const own = join(folder, 'folders', bind.at.replaceAll('/', '_'))
    mkdirSync(own, { recursive: true, mode: 0o755 })
    mkdirSync(at, { recursive: true, mode: 0o755 })
    await runOrThrow(['mount', '--bind', own, at])
    return
  }
  mkdirSync(dirname(at), { recursive: true, mode: 0o755 })
  writeFileSync(at, '')
  await runOrThrow(['mount', '--bind', bind.of === 'node' ? process.execPath : etcd, at])
  await runOrThrow(['mount', '-o', 'remount,bind,ro', at])
}
