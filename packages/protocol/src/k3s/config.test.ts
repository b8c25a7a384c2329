import { expect, it } from 'vitest'
import { K3sConfigSchema } from './config.ts'

it('a key may be one letter, as that of the log level is', () => {
  expect(K3sConfigSchema.safeParse({ v: 2 }).success).toBe(true)
  expect(K3sConfigSchema.safeParse({ '-v': 2 }).success).toBe(false)
})
