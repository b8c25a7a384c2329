import { NODES_LIMITS, type NodeSeen } from '@drover/protocol'

/** Nodes in pieces that each fit into one message, in the same order and at least one piece; null where they are too many for one reading. */
export const nodePieces = (nodes: readonly NodeSeen[], limits: typeof NODES_LIMITS = NODES_LIMITS): readonly (readonly NodeSeen[])[] | null => {
  const pieces: NodeSeen[][] = [[]]
  let bytes = 2
  for (const node of nodes) {
    const size = bytesOf(node)
    const last = pieces.at(-1)
    if (last !== undefined && last.length < limits.perPart && (last.length === 0 || bytes + size <= limits.partBytes)) {
      last.push(node)
      bytes += size
    } else {
      pieces.push([node])
      bytes = 2 + size
    }
  }
  return pieces.length <= limits.parts ? pieces : null
}

/** The most that a node takes as JSON in UTF-8, with the comma after it: three bytes where a character is not ASCII. */
const bytesOf = (node: NodeSeen): number => {
  const text = JSON.stringify(node)
  return text.length + 2 * (text.match(NOT_ASCII)?.length ?? 0) + 1
}
const NOT_ASCII = /[^\0-\x7F]/g
