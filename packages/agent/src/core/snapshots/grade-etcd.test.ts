import { expect, it } from 'vitest'
import { type CopySeen, gradeEtcd } from './grade-etcd.ts'

const WELL = { votes: true, leader: '7', healthy: true }
const SEEN: CopySeen = { agreed: true, before: WELL, after: WELL }

it('is consistent where the member was well and up to date under one leader', () => {
  expect(gradeEtcd(SEEN)).toBe('consistent')
})

it.each<[string, Partial<CopySeen>]>([
  ['lagged, or its leader did not agree in time', { agreed: false }],
  ['was a learner', { before: { ...WELL, votes: false } }],
  ['knew of no leader', { before: { ...WELL, leader: null }, after: { ...WELL, leader: null } }],
  ['knew of no leader afterwards', { after: { ...WELL, leader: null } }],
  ['had another leader afterwards', { after: { ...WELL, leader: '8' } }],
  ['was not healthy', { before: { ...WELL, healthy: false } }],
  ['was not healthy afterwards', { after: { ...WELL, healthy: false } }],
  ['did not answer before', { before: null }],
  ['did not answer afterwards', { after: null }],
])('is degraded where the member %s', (_what, change) => {
  expect(gradeEtcd({ ...SEEN, ...change })).toBe('degraded')
})
