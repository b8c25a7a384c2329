import { expect, it } from 'vitest'
import * as z from 'zod'
import { jsonAs, parseJson } from './json-as.ts'

const schema = z.object({ a: z.int() })

it('gives what has the form, and null for everything else', () => {
  expect(jsonAs(schema, '{"a":1}')).toEqual({ a: 1 })
  expect(['', '{', 'null', '[]', '{"a":"1"}'].map((text) => jsonAs(schema, text))).toEqual([null, null, null, null, null])
  expect([parseJson('[1]'), parseJson('{')]).toEqual([[1], null])
})
