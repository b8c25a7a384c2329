import { type NodeSeen, NODES_LIMITS, type NodesMessage, TO_COORDINATOR } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { gatherNodes } from './gather-nodes.ts'

const node = (name: string): NodeSeen => ({ name, ready: true, cordoned: false, version: '', ip: '' })
const part = (reading: number, at: string, ...names: string[]): NodesMessage => ({ reading, part: Number(at.split('/')[0]), parts: Number(at.split('/')[1]), nodes: names.map(node) })
const gathered = (...messages: NodesMessage[]): ReturnType<typeof gatherNodes> => {
  const nodes = gatherNodes()
  for (const message of messages) nodes.take(message)
  return nodes
}
const names = (nodes: ReturnType<typeof gatherNodes>, reading: number): string[] | null => {
  const whole = nodes.whole(reading)
  return whole === null ? null : Object.keys(whole).toSorted()
}

describe('gatherNodes', () => {
  it('holds a reading once all its parts came, in any order, and only under its own number', () => {
    expect(names(gathered(part(1, '0/1', 'a')), 1)).toEqual(['a'])
    expect(names(gathered(part(1, '1/2', 'b'), part(1, '0/2', 'a')), 1)).toEqual(['a', 'b'])
    expect(names(gathered(part(1, '0/1', 'a')), 2)).toBeNull()
  })

  it.each<[string, NodesMessage[]]>([
    ['a part is missing', [part(1, '0/3', 'a'), part(1, '2/3', 'c')]],
    ['the same part came twice', [part(1, '0/2', 'a'), part(1, '0/2', 'b')]],
    ['the rest is of another reading', [part(1, '0/2', 'a'), part(2, '1/2', 'b')]],
    ['another reading came in between', [part(1, '0/2', 'a'), part(2, '0/2', 'x'), part(1, '1/2', 'b')]],
    ['the number of parts changes', [part(1, '0/3', 'a'), part(1, '1/2', 'b'), part(1, '2/3', 'c')]],
  ])('is not whole where %s', (_, messages) => {
    const nodes = gathered(...messages)
    expect([names(nodes, 1), names(nodes, 2)]).toEqual([null, null])
  })

  it('keeps the last whole reading while the next one comes, and then only the next', () => {
    const nodes = gathered(part(1, '0/1', 'a'), part(2, '0/2', 'b'))
    expect([names(nodes, 1), names(nodes, 2)]).toEqual([['a'], null])
    nodes.take(part(2, '1/2', 'c'))
    expect([names(nodes, 1), names(nodes, 2)]).toEqual([null, ['b', 'c']])
  })

  it('takes names that an object has of itself as names', () => {
    expect(names(gathered(part(1, '0/1', '__proto__', 'constructor')), 1)).toEqual(['__proto__', 'constructor'])
  })
})

it.each([
  [{ part: 0, parts: 0 }],
  [{ part: 1, parts: 1 }],
  [{ part: -1, parts: 1 }],
  [{ part: 0, parts: NODES_LIMITS.parts + 1 }],
  [{ part: 0, parts: 1_000_000_000 }],
  [{ reading: 0 }],
  [{ nodes: Array.from({ length: NODES_LIMITS.perPart + 1 }, (_, index) => node(String(index))) }],
  [{ nodes: [node('')] }],
  [{ nodes: [node('x'.repeat(254))] }],
])('a message with %o is refused as malformed', (wrong) => {
  expect(TO_COORDINATOR.nodes.safeParse(part(1, '0/1', 'a')).success).toBe(true)
  expect(TO_COORDINATOR.nodes.safeParse({ ...part(1, '0/1', 'a'), ...wrong }).success).toBe(false)
})
