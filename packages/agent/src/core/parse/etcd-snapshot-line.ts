import * as z from 'zod'
import { etcdWords } from './etcd-gateway.ts'
import { jsonAs } from './json-as.ts'

/** A line of the answer to /v3/maintenance/snapshot: a piece of the copy in base64, or why there is no more of it. */
export type SnapshotLine = { readonly is: 'piece'; readonly base64: string } | { readonly is: 'refused'; readonly words: string }

const PieceSchema = z.lazy(() => z.object({ result: z.object({ blob: z.string().default('') }) }))
const RefusedSchema = z.lazy(() => z.object({ error: z.object({ message: z.string() }) }))

/** Reads one line, without its end; a line of any other form is a refusal in its own words. */
export const parseSnapshotLine = (line: string): SnapshotLine => {
  const piece = jsonAs(PieceSchema, line)
  if (piece !== null) return { is: 'piece', base64: piece.result.blob }
  return { is: 'refused', words: etcdWords(jsonAs(RefusedSchema, line)?.error.message ?? line) }
}
