import type { HostView } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { describe, expect, test } from 'vitest'
import { rttUsOf } from './server-links.ts'

describe('the round trip between two hosts', () => {
  const [one, two] = [hostIdOf('one'), hostIdOf('two')]
  const between = (...hosts: readonly HostView[]): number | null => rttUsOf(buildInput({ hosts }).input.view, [one, two])

  test('is what the quicker of them measured: a busy host adds to it what the way does not', () => {
    expect(between(buildHost({ name: 'one', measured: { rttUs: { [two]: 175_000 } } }), buildHost({ name: 'two', measured: { rttUs: { [one]: 900 } } }))).toBe(900)
  })

  test('is unknown where neither has measured it', () => {
    expect(between(buildHost({ name: 'one' }), buildHost({ name: 'two' }))).toBeNull()
  })
})
