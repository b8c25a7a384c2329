/** Bounds of a strict JSON text; lengths of strings are in UTF-16 units. */
export type StrictJsonLimits = { depth: number; string: number; array: number; keys: number }

/** Why a text was refused. */
export type StrictJsonReason =
  | 'syntax'
  | 'byte-order-mark'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'not-a-safe-integer'
  | 'lone-surrogate'
  | 'too-deep'
  | 'string-too-long'
  | 'array-too-long'
  | 'too-many-keys'

/** The parsed value, or the reason and the offset in UTF-16 units; the text itself is never echoed. */
export type StrictJsonResult = { ok: true; value: unknown } | { ok: false; reason: StrictJsonReason; at: number }

/** Bounds of everything that travels: depth 16, strings 64 Ki, arrays 4,096, objects 256 keys. */
export const STRICT_JSON_LIMITS: StrictJsonLimits = { depth: 16, string: 65_536, array: 4_096, keys: 256 }

/**
 * Reads JSON and refuses whatever two readers could understand differently: duplicate keys, keys that reach a
 * prototype, numbers that are not safe integers (also `-0`, `1.0` and `1e2`), lone surrogates and a byte order mark.
 */
export const parseStrictJson = (text: string, limits: StrictJsonLimits = STRICT_JSON_LIMITS): StrictJsonResult => {
  const reader: Reader = { text, at: 0, depth: 0, limits }
  try {
    if (text.startsWith('\uFEFF')) fail(reader, 'byte-order-mark')
    const value = readValue(reader)
    skipSpace(reader)
    if (reader.at !== text.length) fail(reader, 'syntax')
    return { ok: true, value }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.reason, at: error.at }
    throw error
  }
}

type Reader = { readonly text: string; at: number; depth: number; readonly limits: StrictJsonLimits }

class Refusal extends Error {
  readonly reason: StrictJsonReason
  readonly at: number
  constructor(reason: StrictJsonReason, at: number) {
    super(reason)
    this.reason = reason
    this.at = at
  }
}

const fail = (reader: Reader, reason: StrictJsonReason): never => {
  throw new Refusal(reason, reader.at)
}

const SPACE = /[ \t\n\r]*/y
const INTEGER = /-?(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y
const NUMBER_START = /[-0-9]/
const CONTROL = /[\u0000-\u001F]/
const LONE_SURROGATE = /\p{Surrogate}/u
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const matchAt = (reader: Reader, pattern: RegExp): string | undefined => {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)?.[0]
  if (found !== undefined) reader.at += found.length
  return found
}

const skipSpace = (reader: Reader): void => {
  matchAt(reader, SPACE)
}

const take = (reader: Reader, character: string): boolean => {
  skipSpace(reader)
  if (reader.text[reader.at] !== character) return false
  reader.at += 1
  return true
}

const readValue = (reader: Reader): unknown => {
  skipSpace(reader)
  const first = reader.text[reader.at] ?? ''
  if (first === '{') return readNested(reader, readObject)
  if (first === '[') return readNested(reader, readArray)
  if (first === '"') return readString(reader)
  if (NUMBER_START.test(first)) return readInteger(reader)
  return readWord(reader)
}

const readNested = <T>(reader: Reader, read: (reader: Reader) => T): T => {
  if (reader.depth >= reader.limits.depth) fail(reader, 'too-deep')
  reader.depth += 1
  reader.at += 1
  const value = read(reader)
  reader.depth -= 1
  return value
}

const readObject = (reader: Reader): Record<string, unknown> => {
  const object: Record<string, unknown> = {}
  if (take(reader, '}')) return object
  for (let count = 1; ; count += 1) {
    if (count > reader.limits.keys) fail(reader, 'too-many-keys')
    const key = readKey(reader)
    if (Object.hasOwn(object, key)) fail(reader, 'duplicate-key')
    object[key] = readValue(reader)
    if (take(reader, '}')) return object
    if (!take(reader, ',')) fail(reader, 'syntax')
  }
}

const readKey = (reader: Reader): string => {
  skipSpace(reader)
  const key = readString(reader)
  if (FORBIDDEN_KEYS.has(key)) fail(reader, 'forbidden-key')
  if (!take(reader, ':')) fail(reader, 'syntax')
  return key
}

const readArray = (reader: Reader): unknown[] => {
  const array: unknown[] = []
  if (take(reader, ']')) return array
  for (;;) {
    if (array.length >= reader.limits.array) fail(reader, 'array-too-long')
    array.push(readValue(reader))
    if (take(reader, ']')) return array
    if (!take(reader, ',')) fail(reader, 'syntax')
  }
}

const readString = (reader: Reader): string => {
  const start = reader.at
  if (reader.text[start] !== '"') fail(reader, 'syntax')
  reader.at = endOfString(reader)
  const value = unescaped(reader, reader.text.slice(start + 1, reader.at - 1))
  if (value.length > reader.limits.string) fail(reader, 'string-too-long')
  if (LONE_SURROGATE.test(value)) fail(reader, 'lone-surrogate')
  return value
}

/** Offset after the closing quote: the next quote that an even number of backslashes comes before. */
const endOfString = (reader: Reader): number => {
  const { text } = reader
  for (let end = text.indexOf('"', reader.at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 92) slashes += 1
    if (slashes % 2 === 0) return end + 1
  }
  return fail(reader, 'syntax')
}

const unescaped = (reader: Reader, raw: string): string => {
  if (CONTROL.test(raw)) fail(reader, 'syntax')
  if (!raw.includes('\\')) return raw
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    return fail(reader, 'syntax')
  }
}

const readInteger = (reader: Reader): number => {
  const raw = matchAt(reader, INTEGER)
  const value = Number(raw ?? Number.NaN)
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) fail(reader, 'not-a-safe-integer')
  return value
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map([['true', true], ['false', false], ['null', null]])

const readWord = (reader: Reader): boolean | null => {
  for (const [word, value] of WORDS) {
    if (!reader.text.startsWith(word, reader.at)) continue
    reader.at += word.length
    return value
  }
  return fail(reader, 'syntax')
}
