import { describe, expect, it } from 'vitest'
import { createAdmission } from './admission.ts'
import { HUB_POLICY } from './policy.ts'

const admission = (known: readonly string[] = []) =>
  createAdmission({ ...HUB_POLICY, isKnownAddress: (key) => known.includes(key) })

describe('places for sockets that have not proved themselves', () => {
  it('are eight for an address that was never seen, and come back once each', () => {
    const places = admission()
    const held = Array.from({ length: 8 }, () => places.enter('10.0.0.1'))
    expect(held.every((place) => place !== null)).toBe(true)
    expect(places.enter('10.0.0.1')).toBeNull()
    expect(places.enter('10.0.0.2')).not.toBeNull()
    held[0]?.leave()
    held[0]?.leave()
    expect(places.enter('10.0.0.1')).not.toBeNull()
    expect(places.enter('10.0.0.1')).toBeNull()
  })

  it('are kept by half for addresses that are known or have a session', () => {
    const places = admission(['10.9.9.9'])
    for (let at = 0; at < 512; at += 1) expect(places.enter(`10.0.${String(at >> 3)}.1`)).not.toBeNull()
    expect(places.enter('10.1.0.1')).toBeNull()
    expect(places.enter('10.9.9.9')).not.toBeNull()
    places.noteSession('10.1.0.1', 1)
    expect(places.enter('10.1.0.1')).not.toBeNull()
    places.noteSession('10.1.0.1', -1)
    expect(places.enter('10.1.0.1')).toBeNull()
  })
})

describe('signature checks for a hundred thousand attempts in a hundred seconds', () => {
  const tries = (addresses: number): number => {
    const budget = admission()
    let allowed = 0
    for (let at = 0; at < 100_000; at += 1) allowed += Number(budget.spendSignature(`10.0.0.${String(at % addresses)}`, at))
    return allowed
  }

  it('from one address are 20 a second, from a thousand 300 a second in all', () => {
    expect(tries(1)).toBeLessThanOrEqual(40 + 20 * 100)
    expect(tries(1)).toBeGreaterThan(1_900)
    expect(tries(1_000)).toBeLessThanOrEqual(300 + 300 * 100)
  })

  it('from more addresses than are remembered are still bounded in all', () => {
    const budget = admission()
    let allowed = 0
    for (let at = 0; at < 50_000; at += 1) allowed += Number(budget.spendSignature(String(at), at / 50))
    expect(allowed).toBeLessThanOrEqual(300 + 300)
  })
})
