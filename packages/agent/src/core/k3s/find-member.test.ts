import { expect, it } from 'vitest'
import type { ListedMember } from '../parse/etcd-members.ts'
import { findMember } from './find-member.ts'

const member = (id: string, name: string, ip: string): ListedMember => ({ id, name, peer: `https://${ip}:2380`, learner: true })
const voter = (id: string, name: string, ip: string): ListedMember => ({ ...member(id, name, ip), learner: false })
const ONE = voter('1', 'one-56d8ffb8', '10.0.0.11')
const TWO = { node: 'two', ip: '10.0.0.12' }

it('finds the learner of a Node, named or not started yet', () => {
  expect(findMember([ONE, member('2', 'two-f4edddc2', '10.0.0.12')], TWO)).toEqual({ is: 'learner', id: '2' })
  expect(findMember([ONE, member('2', '', '10.0.0.12')], TWO)).toEqual({ is: 'learner', id: '2' })
  expect(findMember([ONE, voter('2', 'two-f4edddc2', '10.0.0.12')], TWO)).toEqual({ is: 'voter', id: '2' })
})

it('finds it by an IPv6 address, however that is written', () => {
  expect(findMember([member('2', 'two-f4edddc2', '[fd00::12]')], { node: 'two', ip: 'fd00:0:0:0:0:0:0:12' })).toEqual({ is: 'learner', id: '2' })
})

it.each([
  ['nobody is there', [ONE], 'there is no member at 10.0.0.12 yet'],
  ['the address only begins like it', [member('2', 'two-f4edddc2', '10.0.0.120')], 'there is no member at 10.0.0.12 yet'],
  ['it is of another Node', [member('2', 'three-f4edddc2', '10.0.0.12')], 'the member at 10.0.0.12 is three-f4edddc2, not one of two'],
  ['its Node only begins like it', [member('2', 'two-b-f4edddc2', '10.0.0.12')], 'the member at 10.0.0.12 is two-b-f4edddc2, not one of two'],
  ['the name is no name that k3s gives', [member('2', 'two', '10.0.0.12')], 'the member at 10.0.0.12 is two, not one of two'],
  ['it is at another address', [member('2', 'two-f4edddc2', '10.0.0.13')], 'there is no member at 10.0.0.12 yet'],
  ['the peer is no URL', [{ id: '2', name: 'two-f4edddc2', peer: '10.0.0.12', learner: true }], 'there is no member at 10.0.0.12 yet'],
] as const)('finds none where %s', (_name, members, said) => {
  expect(findMember(members, TWO)).toEqual({ is: 'absent', said })
})

it('never guesses between two', () => {
  const both = [voter('2', 'two-f4edddc2', '10.0.0.12'), member('3', '', '10.0.0.12')]
  expect(findMember(both, TWO)).toEqual({ is: 'ambiguous', said: 'two members are at 10.0.0.12: 2 (two-f4edddc2), 3 ()' })
})
