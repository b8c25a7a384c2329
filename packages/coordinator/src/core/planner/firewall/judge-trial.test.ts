import { describe, expect, it } from 'vitest'
import { judgeTrial, type Testimony } from './judge-trial.ts'

const told = (witness: string, asked: readonly number[], reached: readonly number[] = asked): Testimony<string> => ({ witness, asked, reached })

describe('what witnesses say', () => {
  it('proves rules once each port was reached by somebody', () => {
    expect(judgeTrial([22, 6443], [told('two', [6443])])).toEqual({ kind: 'open' })
    expect(judgeTrial([22, 6443], [told('two', [6443]), told('desk', [22])])).toEqual({ kind: 'witnessed' })
  })

  it('proves nothing where nobody was asked for anything', () => {
    expect(judgeTrial([], [told('two', [])])).toEqual({ kind: 'open' })
    expect(judgeTrial([22], [])).toEqual({ kind: 'open' })
  })

  it('is in doubt as soon as one was turned away, whatever others say', () => {
    expect(judgeTrial([22, 6443], [told('two', [22, 6443]), told('three', [22, 6443], [22])])).toEqual({ kind: 'doubted', witness: 'three', missed: [6443] })
  })
})
