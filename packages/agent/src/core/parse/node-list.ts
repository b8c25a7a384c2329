import * as z from 'zod'
import type { HostFactsMessage } from '@drover/protocol'

/** What a server sees of the nodes of its cluster, by node name. */
export type Nodes = NonNullable<NonNullable<HostFactsMessage['cluster']>['nodes']>

/** Asks for the short table that kubectl prints, and takes the whole list where a server does not make tables. */
export const NODES_ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

const TableSchema = z.object({
  kind: z.literal('Table'),
  columnDefinitions: z.array(z.object({ name: z.string() })),
  rows: z.array(z.object({ cells: z.array(z.unknown()) })),
})

const NodeSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ unschedulable: z.boolean().default(false) }).prefault({}),
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      nodeInfo: z.object({ kubeletVersion: z.string().default('') }).prefault({}),
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
    })
    .prefault({}),
})
const ListSchema = z.object({ items: z.array(NodeSchema) })

/** Nodes from the API server's answer to /api/v1/nodes, as table or as list; null where it is neither. */
export const parseNodeList = (text: string): Nodes | null => {
  const value = parseJson(text)
  const table = TableSchema.safeParse(value)
  if (table.success) return fromTable(table.data)
  const list = ListSchema.safeParse(value)
  return list.success ? Object.fromEntries(list.data.items.map((item) => [item.metadata.name, nodeOf(item)])) : null
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const fromTable = (table: z.infer<typeof TableSchema>): Nodes => {
  const at = new Map(table.columnDefinitions.map((column, index) => [column.name, index]))
  const cell = (cells: readonly unknown[], name: string): string => {
    const value = cells[at.get(name) ?? -1]
    return typeof value === 'string' ? value : ''
  }
  const entries = table.rows.map(({ cells }) => {
    const status = cell(cells, 'Status').split(',')
    const node = {
      ready: status.includes('Ready'),
      cordoned: status.includes('SchedulingDisabled'),
      version: cell(cells, 'Version').slice(0, 64),
      ip: cell(cells, 'Internal-IP').slice(0, 64),
    }
    return [cell(cells, 'Name'), node] as const
  })
  return Object.fromEntries(entries)
}

const nodeOf = ({ spec, status }: z.infer<typeof NodeSchema>): Nodes[string] => ({
  ready: status.conditions.some((one) => one.type === 'Ready' && one.status === 'True'),
  cordoned: spec.unschedulable,
  version: status.nodeInfo.kubeletVersion.slice(0, 64),
  ip: (status.addresses.find((one) => one.type === 'InternalIP')?.address ?? '').slice(0, 64),
})
