/** A key of a bucket and its value, as bytes of the file. */
export type BoltPair = { readonly key: Buffer; readonly value: Buffer }

const HEAD = 16
const BRANCH = 1
const MAGIC = 0xed0cdaed

type File = { readonly bytes: Buffer; readonly pageSize: number }

const pageAt = ({ bytes, pageSize }: File, id: number): Buffer => bytes.subarray(id * pageSize)

/** The newer of the two meta pages: where the root bucket begins. @throws Error where neither is one */
function rootOf({ bytes, pageSize }: File): number {
  const metas = [0, 1].map((id) => bytes.subarray(id * pageSize + HEAD)).filter((meta) => meta.length > 64 && meta.readUInt32LE(0) === MAGIC)
  const [newest] = metas.toSorted((a, b) => Number(b.readBigUInt64LE(48) - a.readBigUInt64LE(48)))
  if (newest === undefined) throw new Error('invalid database')
  return Number(newest.readBigUInt64LE(16))
}

function* leaves(page: Buffer): Generator<BoltPair> {
  for (let index = 0; index < page.readUInt16LE(10); index += 1) {
    const at = HEAD + index * 16
    const begin = at + page.readUInt32LE(at + 4)
    const end = begin + page.readUInt32LE(at + 8)
    yield { key: page.subarray(begin, end), value: page.subarray(end, end + page.readUInt32LE(at + 12)) }
  }
}

function* pairs(file: File, page: Buffer): Generator<BoltPair> {
  if ((page.readUInt16LE(8) & BRANCH) === 0) {
    yield* leaves(page)
    return
  }
  for (let index = 0; index < page.readUInt16LE(10); index += 1) yield* pairs(file, pageAt(file, Number(page.readBigUInt64LE(HEAD + index * 16 + 8))))
}

/** All of one bucket of a bbolt file, in the order of its keys. A bucket that is small lies in its parent's page. @throws Error for a file that is none */
export function readBucket(bytes: Buffer, name: string): BoltPair[] {
  const file = { bytes, pageSize: bytes.length < 64 ? 4096 : bytes.readUInt32LE(HEAD + 8) }
  const bucket = [...pairs(file, pageAt(file, rootOf(file)))].find(({ key }) => key.toString() === name)
  if (bucket === undefined) return []
  const root = Number(bucket.value.readBigUInt64LE(0))
  return [...pairs(file, root === 0 ? bucket.value.subarray(16) : pageAt(file, root))]
}
