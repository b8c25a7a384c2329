const BLOCK = 512

/** One file of an archive; `mode` in the octal sense, `path` at most 100 bytes, a folder's path ends in `/`. */
export interface TarEntry {
  readonly path: string
  readonly mode: number
  readonly content: Uint8Array
}

/** The two empty blocks that end an archive. */
export const TAR_END = new Uint8Array(2 * BLOCK)

/**
 * One entry in the ustar format (POSIX 1003.1-1988) in two pieces: the header, and the content with its padding. Owner 0:0 and
 * time 0, so that equal files make equal bytes; pieces can be compressed apart and put one after the other, which both gzip and
 * xz read as one.
 */
export const tarEntry = ({ path, mode, content }: TarEntry): readonly [header: Uint8Array, body: Uint8Array] => {
  if (Buffer.byteLength(path) > 100) throw new Error(`${path}: longer than the 100 bytes of a ustar name`)
  const size = content.byteLength
  const header = Buffer.alloc(BLOCK)
  header.write(path, 0)
  header.write(octal(mode, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(size, 11), 124)
  header.write(octal(0, 11), 136)
  header.write('        ', 148)
  header.write(path.endsWith('/') ? '5' : '0', 156)
  header.write('ustar\u000000', 257)
  header.write('root', 265)
  header.write('root', 297)
  header.write(`${octal(sum(header), 6)}\u0000 `, 148)
  const body = Buffer.alloc(Math.ceil(size / BLOCK) * BLOCK)
  body.set(content)
  return [header, body]
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0)
