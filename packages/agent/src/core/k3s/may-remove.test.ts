import { expect, it } from 'vitest'
import { againstRemoval } from './may-remove.ts'

const member = (id: string, more: { readonly learner?: boolean; readonly name?: string } = {}) => ({ id, name: `s${id}-f4edddc2`, peer: '', learner: false, ...more })
const THREE = [member('1'), member('2'), member('3')]

it.each([
  ['a learner', [...THREE, member('4', { learner: true })], { id: '4', self: '1', only: 'learner' }, null],
  ['a voter where only a learner may go', THREE, { id: '3', self: '1', only: 'learner' }, 'its member votes: only a learner may be taken out by this order'],
  ['a voter of three', THREE, { id: '3', self: '1', only: 'any' }, null],
  ['a voter of two', THREE.slice(0, 2), { id: '2', self: '1', only: 'any' }, null],
  ['itself', THREE, { id: '1', self: '1', only: 'any' }, 'a member does not take itself out'],
  ['a voter beside one that never started', [member('1'), member('2', { name: '' }), member('3')], { id: '3', self: '1', only: 'any' }, '1 of 2 members that vote would be left, 2 are needed'],
  ['nobody', THREE, { id: '9', self: '1', only: 'any' }, null],
] as const)('%s', (...[, members, removal, said]) => {
  expect(againstRemoval(members, removal)).toBe(said)
})
