import { expect, it } from 'vitest'
import { readGiven } from './arguments.ts'
import { age, jsonPath, nodeTable, printJson, table } from './print.ts'

it('reads words, flags and switches', () => {
  const { words, flags } = readGiven(['get', 'nodes', '-A', '-ojson', '-n', 'a', '--selector=x=1', '--no-headers'])
  expect(words).toEqual(['get', 'nodes'])
  expect(Object.fromEntries(flags)).toEqual({ 'all-namespaces': 'true', output: 'json', namespace: 'a', selector: 'x=1', 'no-headers': 'true' })
  expect(() => readGiven(['-Z'])).toThrow("unknown shorthand flag: 'Z'")
})

it.each([
  [5, '5s'],
  [119, '119s'],
  [310, '5m10s'],
  [3600, '60m'],
  [86_400, '24h'],
  [86_400 * 3, '3d'],
])('an age of %i s is %s', (seconds, text) => {
  const now = Date.parse('2026-11-21T00:00:00Z')
  expect(age(new Date(now - seconds * 1000).toISOString(), now)).toBe(text)
})

it('sorts keys and joins jsonpath values', () => {
  expect(printJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe('{\n    "a": [\n        {\n            "c": 2,\n            "d": 1\n        }\n    ],\n    "b": 1\n}\n')
  expect(jsonPath('{.a[*].c} {.a[1].c}', { a: [{ c: 'x' }, { c: 2 }] })).toBe('x 2 2')
})

it('draws the table of nodes', () => {
  const node = {
    metadata: { name: 'p1', creationTimestamp: new Date().toISOString(), labels: { 'node-role.kubernetes.io/control-plane': 'true' } },
    spec: { unschedulable: true },
    status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1' } },
  }
  expect(table(nodeTable([node], false))).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\np1 +Ready,SchedulingDisabled +control-plane +\d+s +v1\n$/)
})
