import { expect, it } from 'vitest'
import { serversFirst } from './servers-first.ts'

it('servers come first, then names, with numbers by their value', () => {
  const members = [{ host: 'node-10', role: 'agent' }, { host: 'node-2', role: 'agent' }, { host: 'z', role: 'server' }] as const
  expect(members.toSorted(serversFirst).map(({ host }) => host)).toEqual(['z', 'node-2', 'node-10'])
})
