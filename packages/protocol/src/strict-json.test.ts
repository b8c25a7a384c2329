import { describe, expect, it } from 'vitest'
import { parseStrictJson, type StrictJsonReason } from './strict-json.ts'

const reasonOf = (text: string): StrictJsonReason | 'ok' => {
  const result = parseStrictJson(text)
  return result.ok ? 'ok' : result.reason
}
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const many = (count: number): string => `[${Array<string>(count).fill('0').join(',')}]`
const keys = (count: number): string => `{${Array.from({ length: count }, (_, index) => `"k${String(index)}":0`).join(',')}}`

const TABLE: readonly (readonly [name: string, text: string, reason: StrictJsonReason | 'ok'])[] = [
  ['a duplicate key', '{"t":1,"t":2}', 'duplicate-key'],
  ['a duplicate key behind an escape', '{"t":1,"\\u0074":2}', 'duplicate-key'],
  ['equal duplicates', '{"a":1,"a":1}', 'duplicate-key'],
  ['the same key in two objects', '[{"a":1},{"a":1}]', 'ok'],
  ['__proto__', '{"__proto__":{"x":1}}', 'forbidden-key'],
  ['__proto__ behind an escape', '{"\\u005f_proto__":1}', 'forbidden-key'],
  ['constructor', '{"a":{"constructor":1}}', 'forbidden-key'],
  ['prototype', '{"prototype":1}', 'forbidden-key'],
  ['a byte order mark', '\uFEFF{}', 'byte-order-mark'],
  ['a lone high surrogate', '"\\ud800"', 'lone-surrogate'],
  ['a lone low surrogate in a key', '{"\\udc00":1}', 'lone-surrogate'],
  ['a pair of surrogates', '"\\ud83d\\ude00"', 'ok'],
  ['16 levels', nested(16), 'ok'],
  ['17 levels', nested(17), 'too-deep'],
  ['10,000 levels', nested(10_000), 'too-deep'],
  ['4,096 elements', many(4_096), 'ok'],
  ['4,097 elements', many(4_097), 'array-too-long'],
  ['256 keys', keys(256), 'ok'],
  ['257 keys', keys(257), 'too-many-keys'],
  ['a string of 64 Ki', `"${'x'.repeat(65_536)}"`, 'ok'],
  ['a string over 64 Ki', `"${'x'.repeat(65_537)}"`, 'string-too-long'],
  ['1e400', '1e400', 'not-a-safe-integer'],
  ['1e2', '1e2', 'not-a-safe-integer'],
  ['1.5', '1.5', 'not-a-safe-integer'],
  ['1.0', '1.0', 'not-a-safe-integer'],
  ['-0', '-0', 'not-a-safe-integer'],
  ['2^53 + 1', '9007199254740993', 'not-a-safe-integer'],
  ['2^53 - 1', '9007199254740991', 'ok'],
  ['-(2^53 - 1)', '-9007199254740991', 'ok'],
  ['a leading zero', '01', 'not-a-safe-integer'],
  ['a lone minus', '-', 'not-a-safe-integer'],
  ['a plus sign', '+1', 'syntax'],
  ['nothing', '', 'syntax'],
  ['two documents', '{}{}', 'syntax'],
  ['a trailing comma', '[1,]', 'syntax'],
  ['a comment', '{/**/}', 'syntax'],
  ['a control character in a string', '"\n"', 'syntax'],
  ['an unknown escape', '"\\x41"', 'syntax'],
  ['a cut escape', '"\\u00"', 'syntax'],
  ['an open string', '"abc', 'syntax'],
  ['an open string that ends in backslashes', '"abc\\\\\\"', 'syntax'],
  ['a single quote', "{'a':1}", 'syntax'],
  ['NaN', 'NaN', 'syntax'],
  ['a no-break space', '\u00A01', 'syntax'],
]

describe('strict JSON', () => {
  it.each(TABLE)('%s', (_name, text, reason) => {
    expect(reasonOf(text)).toBe(reason)
  })

  it('never changes a prototype', () => {
    parseStrictJson('{"__proto__":{"polluted":1}}')
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  it('reads what JSON.parse reads, and nothing that JSON.parse refuses', () => {
    const next = seeded(7)
    const texts = Array.from({ length: 20_000 }, () => mutate(JSON.stringify(randomValue(next, 3)), next))
    const read = texts.map((text) => ({ text, result: parseStrictJson(text) }))
    const differing = read.filter(({ text, result }) => result.ok && JSON.stringify(result.value) !== JSON.stringify(JSON.parse(text)))
    const tooStrict = read.filter(({ text, result }) => !result.ok && result.reason === 'syntax' && isJson(text))
    expect({ differing, tooStrict }).toEqual({ differing: [], tooStrict: [] })
    expect(read.filter(({ result }) => result.ok).length).toBeGreaterThan(5_000)
  })
})

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const seeded = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const TEXTS = ['', 'a', '"', '\\', '\u0001', 'é', '😀', '\ud800', 'key', '\u2028'] as const

const randomValue = (next: (below: number) => number, depth: number): unknown => {
  const kind = next(depth > 0 ? 7 : 5)
  if (kind === 0) return null
  if (kind === 1) return next(2) === 0
  if (kind === 2) return next(1_000_000) - 500_000
  if (kind <= 4) return TEXTS[next(TEXTS.length)]
  const children = Array.from({ length: next(4) }, () => randomValue(next, depth - 1))
  return kind === 5 ? children : Object.fromEntries(children.map((child, index) => [`k${String(index)}`, child]))
}

/** Half of the time one character is changed, taken out or doubled. */
const mutate = (text: string, next: (below: number) => number): string => {
  const at = next(text.length)
  const kind = next(6)
  if (kind === 0) return text.slice(0, at) + text.slice(at + 1)
  if (kind === 1) return `${text.slice(0, at)}${'{}[],:"\\0-e.tn '.charAt(next(15))}${text.slice(at + 1)}`
  return kind === 2 ? text.slice(0, at) + text.charAt(at) + text.slice(at) : text
}
