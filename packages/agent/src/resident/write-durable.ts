import { closeSync, constants, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Replaces a file whole: a power cut leaves the old one or the new one, never a part. */
export const writeDurable = (path: string, text: string, mode: number): void => {
  const fresh = writeBeside(path, text, mode)
  renameSync(fresh, path)
  syncFolder(dirname(path))
}

/** Makes a file that must not exist; throws (EEXIST) where it does. A power cut leaves all of it or nothing. */
export const createDurable = (path: string, text: string, mode: number): void => {
  const fresh = writeBeside(path, text, mode)
  try {
    linkSync(fresh, path)
  } finally {
    unlinkSync(fresh)
    syncFolder(dirname(path))
  }
}

/** Makes a folder with this mode; one that exists is left as it is. */
export const makeFolder = (path: string, mode: number): void => {
  mkdirSync(path, { recursive: true, mode })
}

const writeBeside = (path: string, text: string, mode: number): string => {
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  const file = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode)
  try {
    // writeSync may write less than all of it without an error, on a full disk for instance
    writeFileSync(file, text)
    fsyncSync(file)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  return fresh
}

const syncFolder = (path: string): void => {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
