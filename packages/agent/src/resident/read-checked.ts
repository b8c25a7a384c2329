import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { fromUtf8 } from '@drover/protocol/node'
import { StateFileError } from './state-file-error.ts'

/** How large a file may be, in bytes, and whether it holds a secret (then nobody but its owner may read it). */
export type FileRules = { readonly maxBytes: number; readonly secret: boolean }

/**
 * The text of a file that only root (or the user that the agent runs as) can have written: a regular file under one
 * name, not writable by others, in a folder where others cannot replace it. Throws StateFileError for anything else.
 */
export const readChecked = (path: string, rules: FileRules): string => {
  const file = openPlain(path)
  try {
    const fault = fileFault(fstatSync(file), rules) ?? folderFault(path)
    if (fault !== null) throw new StateFileError(path, fault)
    return textOf(path, readWhole(file, rules.maxBytes + 1), rules)
  } finally {
    closeSync(file)
  }
}

/** Opens without following a link and without waiting for a pipe's other end. */
const openPlain = (path: string): number => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    if (code === 'ENOENT') throw new StateFileError(path, 'is missing', true)
    throw new StateFileError(path, code === 'ELOOP' ? 'is a symbolic link' : `cannot be opened (${code})`)
  }
}

const fileFault = (stats: Stats, rules: FileRules): string | null => {
  if (!stats.isFile()) return stats.isDirectory() ? 'is a folder' : 'is no regular file'
  if (stats.nlink > 1) return `has ${String(stats.nlink)} names (hard links)`
  if (!isOurs(stats)) return `belongs to user ${String(stats.uid)}, not to root`
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0')
  if ((stats.mode & (rules.secret ? 0o077 : 0o022)) !== 0) return `has mode ${mode}; ${rules.secret ? '0600' : '0644'} is the most it may have`
  if (stats.size === 0) return 'is empty'
  return stats.size > rules.maxBytes ? `has ${String(stats.size)} bytes, ${String(rules.maxBytes)} are the most` : null
}

const folderFault = (path: string): string | null => {
  const stats = statSync(dirname(path))
  if (!isOurs(stats)) return `lies in a folder of user ${String(stats.uid)}`
  const sticky = (stats.mode & 0o1000) !== 0
  return (stats.mode & 0o022) !== 0 && !sticky ? 'lies in a folder that others may write to' : null
}

const isOurs = (stats: Stats): boolean => stats.uid === 0 || stats.uid === process.geteuid?.()

const readWhole = (file: number, most: number): Uint8Array => {
  const bytes = Buffer.alloc(most)
  let length = 0
  for (let read = -1; read !== 0 && length < most; length += read) read = readSync(file, bytes, length, most - length, null)
  return bytes.subarray(0, length)
}

const textOf = (path: string, bytes: Uint8Array, rules: FileRules): string => {
  if (bytes.length > rules.maxBytes) throw new StateFileError(path, 'grew while it was read')
  const text = fromUtf8(bytes)
  if (text === null) throw new StateFileError(path, 'is not UTF-8')
  if (text.includes('\0')) throw new StateFileError(path, 'holds binary data')
  if (text.includes('\r')) throw new StateFileError(path, 'has carriage returns; lines end with a line feed alone')
  return text
}
