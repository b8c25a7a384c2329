import { describe, expect, it } from 'vitest'
import { say } from '../said.ts'
import { NEXT_STEPS, nextStep } from './next-steps.ts'
import { SENTENCES } from './sentences.ts'

const places = (text: string): readonly string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

describe('what to do about a finding', () => {
  it.each(Object.entries(NEXT_STEPS))('%s asks for no argument that the finding lacks', (code, text) => {
    expect(places(SENTENCES[code as keyof typeof NEXT_STEPS])).toEqual(expect.arrayContaining([...places(text)]))
  })

  it('is said with the arguments of the finding', () => {
    expect(nextStep(say('finding.no-hash', { version: 'v1.36.2+k3s1', arch: 'arm64' }))).toBe('drover artifacts import the binary, or give k3s.sha256.arm64')
  })

  it('is nothing for what is no finding', () => expect(nextStep(say('run.resumed'))).toBeNull())
})
