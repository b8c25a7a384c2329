import * as z from 'zod'

/** Bounds of one reading of a cluster's nodes: parts, nodes in a part, and bytes of a part's nodes as JSON, which leave room for the rest of a control body. */
export const NODES_LIMITS = { parts: 64, perPart: 1_024, partBytes: 49_152 } as const

/** One Node as the API of its cluster shows it. */
export const NodeSeenSchema = z.lazy(() =>
  z.strictObject({ name: z.string().min(1).max(253), ready: z.boolean(), cordoned: z.boolean(), version: z.string().max(64), ip: z.string().max(64) }),
)
/** See {@link NodeSeenSchema}. */
export type NodeSeen = z.infer<typeof NodeSeenSchema>

/** Part `part` (from 0) of `parts` of what a server sees of the nodes of its cluster; it counts once all parts came and `facts` names the reading. */
export const NodesMessageSchema = z.lazy(() =>
  z
    .strictObject({
      reading: z.int().min(1),
      part: z.int().min(0),
      parts: z.int().min(1).max(NODES_LIMITS.parts),
      nodes: z.array(NodeSeenSchema).max(NODES_LIMITS.perPart),
    })
    .refine(({ part, parts }) => part < parts, { error: 'is not below parts', path: ['part'] }),
)
/** See {@link NodesMessageSchema}. */
export type NodesMessage = z.infer<typeof NodesMessageSchema>
