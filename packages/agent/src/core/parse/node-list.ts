import * as z from 'zod'
import type { NodeSeen } from '@drover/protocol'
import { parseJson } from './json-as.ts'
import { shortText } from './short-text.ts'

/** Asks for the short table that kubectl prints, and takes the whole list where a server does not make tables. */
export const NODES_ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

const TableSchema = z.lazy(() =>
  z.object({
    kind: z.literal('Table'),
    columnDefinitions: z.array(z.object({ name: z.string() })),
    rows: z.array(z.object({ cells: z.array(z.unknown()) })),
  }),
)

const NodeSchema = z.lazy(() =>
  z.object({
    metadata: z.object({ name: z.string() }),
    spec: z.object({ unschedulable: z.boolean().default(false) }).prefault({}),
    status: z
      .object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
        nodeInfo: z.object({ kubeletVersion: z.string().default('') }).prefault({}),
        addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
      })
      .prefault({}),
  }),
)
const ListSchema = z.object({ items: z.array(NodeSchema) })

const LONGEST_NAME = 253

/** Nodes, by name, from the API server's answer to /api/v1/nodes, as table or as list; null where it is neither. Kubernetes allows no name above 253 characters. */
export const parseNodeList = (text: string): readonly NodeSeen[] | null => {
  const value = parseJson(text)
  const table = TableSchema.safeParse(value)
  if (table.success) return inOrder(fromTable(table.data))
  const list = ListSchema.safeParse(value)
  return list.success ? inOrder(list.data.items.map(nodeOf)) : null
}

/** Kubelets write these themselves; half a character would make the whole message refused. */
const short = (text: string): string => shortText(text, 64)

const inOrder = (nodes: readonly NodeSeen[]): NodeSeen[] =>
  nodes.filter(({ name }) => name.length > 0 && name.length <= LONGEST_NAME && !/\p{Surrogate}/u.test(name)).toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

const fromTable = (table: z.infer<typeof TableSchema>): NodeSeen[] => {
  const at = new Map(table.columnDefinitions.map((column, index) => [column.name, index]))
  const cell = (cells: readonly unknown[], name: string): string => {
    const value = cells[at.get(name) ?? -1]
    return typeof value === 'string' ? value : ''
  }
  return table.rows.map(({ cells }) => {
    const status = cell(cells, 'Status').split(',')
    return {
      name: cell(cells, 'Name'),
      ready: status.includes('Ready'),
      cordoned: status.includes('SchedulingDisabled'),
      version: short(cell(cells, 'Version')),
      ip: short(cell(cells, 'Internal-IP')),
    }
  })
}

const nodeOf = ({ metadata, spec, status }: z.infer<typeof NodeSchema>): NodeSeen => ({
  name: metadata.name,
  ready: status.conditions.some((one) => one.type === 'Ready' && one.status === 'True'),
  cordoned: spec.unschedulable,
  version: short(status.nodeInfo.kubeletVersion),
  ip: short(status.addresses.find((one) => one.type === 'InternalIP')?.address ?? ''),
})
