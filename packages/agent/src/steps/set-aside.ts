import * as z from 'zod'
import type { HostReader, HostWriter } from '../host/host.ts'
import { type AbsolutePath, absolutePath, below, folderOf } from '../host/path.ts'

const EntrySchema = z.discriminatedUnion('was', [
  z.strictObject({ path: z.string(), was: z.literal('absent') }),
  z.strictObject({ path: z.string(), was: z.literal('link'), target: z.string() }),
  z.strictObject({ path: z.string(), was: z.literal('file'), copy: z.string() }),
])
/** Notes of what was at some paths before a step: nothing, a link, or a file whose copy is set aside. Holds no content. */
export const AsideSchema = z.strictObject({ entries: z.array(EntrySchema).max(64), folders: z.array(z.string()).max(64) })
/** See {@link AsideSchema}. */
export type Aside = z.infer<typeof AsideSchema>
type Entry = z.infer<typeof EntrySchema>

/** Folder below which an attempt keeps what its undo needs. */
export const asideFolder = (order: { readonly id: string; readonly attempt: number }): AbsolutePath =>
  absolutePath(`/var/lib/drover/undo/${order.id}-${String(order.attempt)}`)

const absentFolders = async (host: HostReader, paths: readonly AbsolutePath[]): Promise<readonly string[]> => {
  const missing = new Set<string>()
  for (const path of paths) {
    for (let folder = folderOf(path); folder !== '/' && (await host.stat(folder)) === null; folder = folderOf(folder)) missing.add(folder)
  }
  return [...missing].toSorted((a, b) => b.length - a.length)
}

/** Keeps copies of what is at the paths, with mode, owner and times, and notes which of their folders are missing. */
export const setAside = async (host: HostWriter, folder: AbsolutePath, paths: readonly AbsolutePath[]): Promise<Aside> => {
  const entries: Entry[] = []
  const folders = [...(await absentFolders(host, paths))]
  await host.makeFolder(folder, 0o700)
  for (const [index, path] of paths.entries()) {
    const stat = await host.stat(path)
    if (stat === null) entries.push({ path, was: 'absent' })
    else if (stat.kind === 'link') entries.push({ path, was: 'link', target: (await host.readLink(path)) ?? '' })
    else if (stat.kind !== 'file') throw new Error(`${path} is neither a file nor a link`)
    else {
      const copy = below(folder, String(index))
      await host.duplicate(path, copy)
      entries.push({ path, was: 'file', copy })
    }
  }
  return { entries, folders }
}

const putBackOne = async (host: HostWriter, entry: Entry): Promise<void> => {
  const path = absolutePath(entry.path)
  if (entry.was === 'absent') return host.remove(path)
  if (entry.was === 'link') return host.symlink(entry.target, path)
  if ((await host.stat(absolutePath(entry.copy))) !== null) await host.duplicate(absolutePath(entry.copy), path)
}

/** Puts everything back as it was noted and removes the folders that were not there; safe to repeat. */
export const putBack = async (host: HostWriter, aside: Aside): Promise<void> => {
  for (const entry of aside.entries) await putBackOne(host, entry)
  for (const folder of aside.folders) await host.removeEmpty(absolutePath(folder))
}
