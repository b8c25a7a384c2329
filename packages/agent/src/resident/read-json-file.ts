import type * as z from 'zod'
import { parseStrictJson, STRICT_JSON_LIMITS } from '@drover/protocol'
import { nearestWord } from '../core/nearest-word.ts'
import { type FileRules, readChecked } from './read-checked.ts'
import { StateFileError } from './state-file-error.ts'

/** A checked file read as strict JSON of a schema; throws StateFileError with line or path and reason. */
export const readJsonFile = <T>(path: string, schema: z.ZodObject & z.ZodType<T>, rules: FileRules): T => {
  const text = readChecked(path, rules)
  const parsed = parseStrictJson(text, STRICT_JSON_LIMITS)
  if (!parsed.ok) throw new StateFileError(path, `line ${String(lineOf(text, parsed.at))}: ${SAID[parsed.reason] ?? parsed.reason}`)
  const checked = schema.safeParse(parsed.value)
  if (checked.success) return checked.data
  throw new StateFileError(path, issueOf(checked.error.issues[0], Object.keys(schema.shape)))
}

const SAID: Readonly<Record<string, string>> = {
  syntax: 'is no JSON from here on',
  'byte-order-mark': 'begins with a byte order mark',
  'duplicate-key': 'a key is there twice',
  'forbidden-key': 'a key that no file may have',
}

const issueOf = (issue: z.core.$ZodIssue | undefined, known: readonly string[]): string => {
  if (issue?.code === 'unrecognized_keys') return unknownKey(issue.keys[0] ?? '', known)
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length

const unknownKey = (key: string, known: readonly string[]): string => {
  const near = nearestWord(key, known)
  return `unknown key "${key.slice(0, 64)}"${near === null ? `; known are ${known.join(', ')}` : `; did you mean "${near}"?`}`
}
