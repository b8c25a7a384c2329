import { describe, expect, it } from 'vitest'
import { canonicalJson, type Json } from './json.ts'

describe('canonical JSON', () => {
  it.each<[Json, string]>([
    [null, 'null'],
    [-7, '-7'],
    ['a"\n', '"a\\"\\n"'],
    [[], '[]'],
    [{}, '{}'],
    [{ b: [1, { d: true, c: null }], a: 'x', B: 2 }, '{"B":2,"a":"x","b":[1,{"c":null,"d":true}]}'],
  ])('%j', (value, text) => expect(canonicalJson(value)).toBe(text))

  it('is the same whatever the order of keys, and leaves out what is not there', () => {
    const given: { readonly [key: string]: Json } = { z: 1, a: 2 }
    expect(canonicalJson({ a: 2, z: 1, gone: undefined } as unknown as Json)).toBe(canonicalJson(given))
  })
})
