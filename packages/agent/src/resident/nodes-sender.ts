import type { NodeSeen, NodesMessage } from '@drover/protocol'
import { nodePieces } from '../core/node-pieces.ts'

/** What sending nodes needs; `send` resolves when written and rejects where there is no session. */
export type NodesSenderOptions = {
  readonly send: (message: NodesMessage) => Promise<void>
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic: () => number
  readonly onError: (error: unknown) => void
}

/** Sends the nodes where they changed, where `again` asks for it, or where the last time is too long ago; the number of the reading that holds now, null where there are too many. */
export type TellNodes = (nodes: readonly NodeSeen[], again: boolean) => Promise<number | null>

/** So often nodes are sent although nothing changed: a coordinator that dropped them has them again by then. */
const REPEAT_MS = 30_000

/** A sender of nodes. Rejects where there is no session; then all parts are sent the next time. */
export const createTellNodes = (options: NodesSenderOptions): TellNodes => {
  let reading = 0
  let text: string | null = null
  let pieces: ReturnType<typeof nodePieces> = null
  let sentAt: number | null = null
  const look = (nodes: readonly NodeSeen[]): void => {
    const now = JSON.stringify(nodes)
    if (now === text) return
    text = now
    reading += 1
    pieces = nodePieces(nodes)
    sentAt = null
    if (pieces === null) options.onError(new Error(`the API shows ${String(nodes.length)} nodes, which is more than can be told: they count as unknown`))
  }
  return async (nodes, again) => {
    look(nodes)
    if (pieces === null) return null
    if (!again && sentAt !== null && options.monotonic() - sentAt < REPEAT_MS) return reading
    sentAt = null
    for (const [part, piece] of pieces.entries()) await options.send({ reading, part, parts: pieces.length, nodes: [...piece] })
    sentAt = options.monotonic()
    return reading
  }
}
