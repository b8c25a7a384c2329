import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { DroverError } from '@drover/protocol'

/** Stays free on the disk beside a copy: the database lies there too. */
const RESERVE = 268_435_456
const MIB = 1_048_576

/** How many bytes of a copy have come. */
export const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0

/** Throws copy.space where what is still to come does not fit. */
export const requireSpace = (free: number, wanted: number): void => {
  if (free >= wanted + RESERVE) return
  const said = `${String(Math.floor(free / MIB))} MB are free for copies on the coordinator, ${String(Math.ceil((wanted + RESERVE) / MIB))} MB are needed`
  throw new DroverError('copy.space', said)
}

/** What is to come: into which file, from which place on, and how long the copy is when it is whole. */
export type Receipt = { readonly path: string; readonly from: number; readonly total: number }

/** Writes a body behind what has come of a copy and gives how much is there then; what came before a cut stays. */
export const receiveInto = async (body: AsyncIterable<Uint8Array>, { path, from, total }: Receipt): Promise<number> => {
  const file = await open(path, from === 0 ? 'w' : 'r+', 0o600)
  try {
    const at = await writeAll(file, body, { from, total })
    await file.sync()
    return at
  } catch (error) {
    if (isFull(error)) {
      // The database needs the space more; the next try begins anew.
      await rm(path, { force: true })
      throw new DroverError('copy.space', 'the disk of the coordinator is full', { cause: error })
    }
    await file.sync()
    throw error
  } finally {
    await file.close()
  }
}

const writeAll = async (file: FileHandle, body: AsyncIterable<Uint8Array>, { from, total }: Omit<Receipt, 'path'>): Promise<number> => {
  let at = from
  for await (const chunk of cutTold(body)) {
    if (at + chunk.length > total) throw new DroverError('request.too-large', 'more was sent than the copy has')
    for (let had = 0; had < chunk.length; ) had += (await file.write(chunk, had, chunk.length - had, at + had)).bytesWritten
    at += chunk.length
  }
  return at
}

/** A connection that ends early is told as what it is. */
async function* cutTold(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw new DroverError('copy.cut', 'the body ended early', { cause: error })
  }
}

const isFull = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
