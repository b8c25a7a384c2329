import type { NodeSeen, NodesMessage } from '@drover/protocol'

/** What one session has told of the nodes of its cluster. Parts of another reading, or of another number of parts, begin anew. */
export type NodesGathered = {
  readonly take: (message: NodesMessage) => void
  /** The nodes of a reading by name, the same object for as long as it holds; null unless all parts of just this reading came. */
  readonly whole: (reading: number) => Readonly<Record<string, NodeSeen>> | null
}

type Partial = { readonly reading: number; readonly parts: number; readonly got: Map<number, readonly NodeSeen[]> }

/** Nothing gathered yet. At most one whole reading and one that is still coming are held. */
export const gatherNodes = (): NodesGathered => {
  let coming: Partial | null = null
  let held: { readonly reading: number; readonly nodes: Readonly<Record<string, NodeSeen>> } | null = null
  return {
    take: ({ reading, part, parts, nodes }) => {
      if (coming?.reading !== reading || coming.parts !== parts) coming = { reading, parts, got: new Map() }
      coming.got.set(part, nodes)
      if (coming.got.size < parts) return
      held = { reading, nodes: Object.fromEntries([...coming.got.values()].flat().map((node) => [node.name, node])) }
      coming = null
    },
    whole: (reading) => (held?.reading === reading ? held.nodes : null),
  }
}
