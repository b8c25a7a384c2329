import * as z from 'zod'
import { expect, it } from 'vitest'
import { jsonBytes, readJsonAs } from './json-bytes.ts'

const cut = 'k3s said 🙂'.slice(0, -1)

it('writes what every reader takes, also where a text was cut in the middle of a character', () => {
  const schema = z.strictObject({ message: z.string(), list: z.array(z.string()) })
  expect(readJsonAs(schema, jsonBytes({ message: cut, list: ['🙂', 'C:\\ud800', cut] }))).toEqual({
    ok: true,
    value: { message: 'k3s said \ufffd', list: ['🙂', 'C:\\ud800', 'k3s said \ufffd'] },
  })
})
