import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** How the file of an upload that is under way ends. */
export const UPLOAD_ENDING = '.part'

/** Removes what a coordinator that was ended in the middle of an import has left in the cache; how many files. */
export const clearUploads = (folder: string): number => {
  const left = readdirSync(folder).filter((name) => name.endsWith(UPLOAD_ENDING))
  for (const name of left) rmSync(join(folder, name), { force: true })
  return left.length
}
