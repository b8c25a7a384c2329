import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { canonicalJson, type Json } from '../json.ts'
import { COPY_HEAD, COPY_TAG, copyLayout, type CopyLayout } from '../snapshot-copy.ts'
import { type Snapshot, SnapshotSchema } from '../snapshot.ts'
import { fromUtf8, utf8 } from './bytes.ts'
import { readJsonAs } from './json-bytes.ts'

const MAGIC = 'drover-snapshot-1 '
const CIPHER = 'aes-256-gcm'
const NEWLINE = 10
/** Sealed at a time: what the cipher gives back is another copy of it. */
const STRETCH = 65_536

/** The head of a copy: one line of text, the kind of file and what the snapshot's meta.json says. */
export const copyHead = (snapshot: Snapshot): Uint8Array => {
  const head = utf8(`${MAGIC}${canonicalJson(snapshot as Json)}\n`)
  if (head.length > COPY_HEAD) throw new RangeError('the head of the copy is too long')
  return head
}

/** The snapshot that a copy is of and the length of its head, from its first bytes; null where they are not the head of one. */
export const readCopyHead = (bytes: Uint8Array): { readonly snapshot: Snapshot; readonly length: number } | null => {
  const end = bytes.subarray(0, COPY_HEAD).indexOf(NEWLINE)
  const text = end < 0 ? null : fromUtf8(bytes.subarray(0, end))
  if (text === null || !text.startsWith(MAGIC)) return null
  const read = readJsonAs(SnapshotSchema, utf8(text.slice(MAGIC.length)))
  return read.ok ? { snapshot: read.value, length: end + 1 } : null
}

/**
 * The key of one copy: from the cluster's key and the whole head, so that no other snapshot, however it is called, has the
 * same, and nothing of the head can be changed. As the SHA-256 of the plain file is in the head, a key seals one file only;
 * so the numbers of the frames are nonces enough, and sealing again gives the same bytes.
 */
const copyKey = (clusterKey: Uint8Array, head: Uint8Array): Uint8Array => {
  const info = Buffer.concat([utf8('drover snapshot copy 1 '), createHash('sha256').update(head).digest()])
  return new Uint8Array(hkdfSync('sha256', clusterKey, new Uint8Array(), info, 32))
}

/** Seven zero bytes, the number of the frame, and whether it is the last: one cut off or moved does not open. */
const nonceOf = ({ frames }: CopyLayout, index: number): Uint8Array => {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(7, index)
  nonce[11] = index === frames - 1 ? 1 : 0
  return nonce
}

/** Gives memory back at once that is nobody else's: left to be collected, tens of MB of it would be there at a time. */
export const freeBytes = ({ buffer, byteLength }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}

/** Seals the frames of one copy; the plain bytes must be those that the head names. */
export type CopySealer = { readonly head: Uint8Array; readonly layout: CopyLayout; readonly seal: (index: number, plain: Uint8Array) => Uint8Array }

/** The sealer of a snapshot's copy, under its cluster's key of 32 bytes. */
export const copySealer = (snapshot: Snapshot, clusterKey: Uint8Array): CopySealer => {
  const head = copyHead(snapshot)
  const layout = copyLayout(head.length, snapshot.bytes)
  const key = copyKey(clusterKey, head)
  const seal = (index: number, plain: Uint8Array): Uint8Array => {
    const cipher = createCipheriv(CIPHER, key, nonceOf(layout, index))
    const sealed = new Uint8Array(plain.length + COPY_TAG)
    for (let at = 0; at < plain.length; at += STRETCH) {
      const part = cipher.update(plain.subarray(at, at + STRETCH))
      sealed.set(part, at)
      freeBytes(part)
    }
    cipher.final()
    sealed.set(cipher.getAuthTag(), plain.length)
    return sealed
  }
  return { head, layout, seal }
}

/** Opens the frames of one copy; null for bytes that are not that frame of it. */
export type CopyOpener = { readonly layout: CopyLayout; readonly open: (index: number, sealed: Uint8Array) => Uint8Array | null }

/** The opener of a copy with this head, under its cluster's key; null where it is no head. */
export const copyOpener = (start: Uint8Array, clusterKey: Uint8Array): (CopyOpener & { readonly snapshot: Snapshot }) | null => {
  const read = readCopyHead(start)
  if (read === null) return null
  const { snapshot, length } = read
  const layout = copyLayout(length, snapshot.bytes)
  const key = copyKey(clusterKey, start.subarray(0, length))
  const open = (index: number, sealed: Uint8Array): Uint8Array | null => {
    if (sealed.length < COPY_TAG) return null
    const decipher = createDecipheriv(CIPHER, key, nonceOf(layout, index), { authTagLength: COPY_TAG })
    decipher.setAuthTag(sealed.subarray(sealed.length - COPY_TAG))
    const plain = decipher.update(sealed.subarray(0, sealed.length - COPY_TAG))
    try {
      decipher.final()
      return plain
    } catch {
      return null
    }
  }
  return { snapshot, layout, open }
}
