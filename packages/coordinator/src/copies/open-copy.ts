import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { COPY_FRAME, COPY_TAG, copyFrame, DroverError, type Snapshot } from '@drover/protocol'
import { copyOpener } from '@drover/protocol/node'
import { readStart } from './files.ts'

const damaged = (said: string): DroverError => new DroverError('copy.damaged', `the copy cannot be opened: ${said}`)

/** The plain frames of a copy, in order; throws copy.damaged at the first that is not what was sealed. */
export async function* openFrames(path: string, clusterKey: Uint8Array): AsyncGenerator<Uint8Array> {
  const opener = copyOpener(readStart(path), clusterKey)
  if (opener === null) throw damaged('it has no head')
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size !== opener.layout.total) throw damaged(`it has ${String(size)} bytes, not ${String(opener.layout.total)}`)
    const sealed = new Uint8Array(COPY_FRAME + COPY_TAG)
    for (let index = 0; index < opener.layout.frames; index += 1) {
      const { at, plain: length } = copyFrame(opener.layout, index)
      const here = sealed.subarray(0, length + COPY_TAG)
      await readWhole(file, here, at)
      const plain = opener.open(index, here)
      if (plain === null) throw damaged(`frame ${String(index)} was changed, or another key sealed it`)
      yield plain
    }
  } finally {
    await file.close()
  }
}

const readWhole = async (file: FileHandle, into: Uint8Array, from: number): Promise<void> => {
  for (let had = 0; had < into.length; ) {
    const { bytesRead } = await file.read(into, had, into.length - had, from + had)
    if (bytesRead === 0) throw damaged('it ends early')
    had += bytesRead
  }
}

/** Opens a whole copy and holds it against the snapshot that it should be of; throws copy.damaged. */
export const proveCopy = async (path: string, clusterKey: Uint8Array, snapshot: Snapshot): Promise<void> => {
  const hash = createHash('sha256')
  for await (const plain of openFrames(path, clusterKey)) hash.update(plain)
  if (hash.digest('hex') !== snapshot.sha256) throw damaged('it is not the snapshot that it should be')
}
