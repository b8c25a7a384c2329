import * as z from 'zod'
import type { Host } from '../../lab/host.ts'
import { readApi } from './curl.ts'
import { until } from './until.ts'

const NodeSchema = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), labels: z.record(z.string(), z.string()), annotations: z.record(z.string(), z.string()) }),
  spec: z.object({
    podCIDR: z.string().optional(),
    unschedulable: z.boolean().optional(),
    taints: z.array(z.object({ key: z.string(), value: z.string().optional(), effect: z.string() })).default([]),
  }),
  status: z.object({
    addresses: z.array(z.object({ type: z.string(), address: z.string() })),
    conditions: z.array(z.object({ type: z.string(), status: z.string(), lastHeartbeatTime: z.string() })),
    nodeInfo: z.object({ kubeletVersion: z.string() }),
  }),
})

/** What Drover reads of a Node. */
export type Node = z.infer<typeof NodeSchema>

const NodesSchema = z.object({ items: z.array(NodeSchema) })

/** Every Node of a server's cluster, read on the server host. */
export const readNodes = async (server: Host): Promise<Node[]> => NodesSchema.parse(await readApi(server, '/api/v1/nodes')).items

/** One Node, or undefined. */
export const findNode = async (server: Host, name: string): Promise<Node | undefined> => (await readNodes(server)).find((node) => node.metadata.name === name)

const ready = (node: Node): boolean => node.status.conditions.some((one) => one.type === 'Ready' && one.status === 'True')

/** Waits for a Node that is Ready. */
export const readyNode = (server: Host, name: string): Promise<Node> =>
  until(`node ${name} Ready`, async () => {
    const node = await findNode(server, name).catch(() => undefined)
    return node !== undefined && ready(node) && node
  })
