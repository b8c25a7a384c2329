import { mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Reads a text file, or undefined where there is none. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
    throw error
  }
}

/** Writes a file whole, through a rename, with its mode; makes the folder (0700) where it is missing. */
export function writeWhole(file: string, text: string | Uint8Array, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.tmp`, text, { mode })
  renameSync(`${file}.tmp`, file)
}

/** Where a symbolic link points, or undefined where there is none. */
export function readLink(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Makes (or replaces) a symbolic link. */
export function linkTo(link: string, target: string): void {
  rmSync(link, { force: true })
  symlinkSync(target, link)
}
