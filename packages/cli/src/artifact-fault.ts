/** What `drover artifacts import` was told of a file, and the file's first bytes (512 suffice). */
export type ArtifactFile = {
  readonly kind: 'k3s' | 'images'
  readonly arch: 'amd64' | 'arm64'
  readonly name: string
  readonly size: number
  readonly head: Uint8Array
}

/** Machine numbers of the ELF header (e_machine). */
const MACHINES: Readonly<Record<number, 'amd64' | 'arm64'>> = { 0x3e: 'amd64', 0xb7: 'arm64' }
const ELF = [0x7f, 0x45, 0x4c, 0x46]
const SCRIPT = [0x23, 0x21]
const ELF_HEADER = 64

/** The ends of names that k3s loads and a spec may name, and how such files begin. */
const ARCHIVE = /\.(?:tar|tar\.gz|tar\.zst)$/
const ARCHIVE_HEADS: readonly (readonly [offset: number, bytes: readonly number[]])[] = [
  [257, [0x75, 0x73, 0x74, 0x61, 0x72]],
  [0, [0x1f, 0x8b]],
  [0, [0x28, 0xb5, 0x2f, 0xfd]],
]

/**
 * Why a file cannot be what it is said to be, or null. Whoever imports a file settles its hash for the clusters that name its
 * version, so a slip of the hand is told before anything is sent.
 */
export const artifactFault = (file: ArtifactFile): string | null => {
  if (file.size === 0) return 'it is empty'
  return file.kind === 'k3s' ? binaryFault(file) : imagesFault(file)
}

const binaryFault = ({ head, arch, size }: ArtifactFile): string | null => {
  if (begins(head, SCRIPT)) return null
  if (!begins(head, ELF)) return 'it is no program (neither ELF nor a script); image archives are imported with --kind images'
  if (head.length < ELF_HEADER) return 'it is cut off'
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const machine = MACHINES[view.getUint16(18, true)]
  if (machine === undefined) return 'it is a program for neither amd64 nor arm64'
  if (machine !== arch) return `it is a program for ${machine}, not for ${arch}: say --arch ${machine}`
  const end = Number(view.getBigUint64(40, true)) + view.getUint16(58, true) * view.getUint16(60, true)
  return end > size ? `it is cut off: its header speaks of ${String(end)} bytes, there are ${String(size)}` : null
}

const imagesFault = ({ head, name }: ArtifactFile): string | null => {
  if (!ARCHIVE.test(name)) return 'k3s loads archives by their names: it must end in .tar, .tar.gz or .tar.zst'
  return ARCHIVE_HEADS.some(([offset, bytes]) => begins(head.subarray(offset), bytes)) ? null : 'it is no archive (tar, gzip or zstd)'
}

const begins = (bytes: Uint8Array, start: readonly number[]): boolean => start.every((byte, index) => bytes[index] === byte)
