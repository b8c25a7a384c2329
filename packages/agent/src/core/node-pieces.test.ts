import { NODES_LIMITS, type NodeSeen } from '@drover/protocol'
import { expect, it } from 'vitest'
import { nodePieces } from './node-pieces.ts'

const node = (name: string): NodeSeen => ({ name, ready: true, cordoned: false, version: 'v1.36.2+k3s1', ip: '10.0.0.11' })
const many = (count: number, name: (index: number) => string): NodeSeen[] => Array.from({ length: count }, (_, index) => node(name(index)))
const bytes = (piece: readonly NodeSeen[]): number => Buffer.byteLength(JSON.stringify(piece))

it.each([
  ['long names', many(1_200, (index) => `${String(index)}${'x'.repeat(240)}`)],
  ['short names', many(5_000, String)],
  ['names of characters that take more bytes', many(400, (index) => `${String(index)}${'\u20AC'.repeat(200)}`)],
  ['names that JSON writes longer', many(400, (index) => `${String(index)}${'\u0001'.repeat(200)}`)],
])('cuts %s into pieces that each fit, none lost and none too small', (_, nodes) => {
  const pieces = nodePieces(nodes) ?? []
  expect(pieces.flat()).toEqual(nodes)
  for (const piece of pieces) expect(bytes(piece)).toBeLessThanOrEqual(NODES_LIMITS.partBytes)
  expect(pieces.length).toBeLessThanOrEqual(Math.ceil(bytes(nodes) / (NODES_LIMITS.partBytes / 2)))
})

it('is one empty piece where there are no nodes', () => {
  expect(nodePieces([])).toEqual([[]])
})

it('counts nodes too, and gives up where they are too many for one reading', () => {
  const limits = { ...NODES_LIMITS, parts: 2, perPart: 3 } as unknown as typeof NODES_LIMITS
  expect(nodePieces(many(6, String), limits)?.map((piece) => piece.length)).toEqual([3, 3])
  expect(nodePieces(many(7, String), limits)).toBeNull()
})
