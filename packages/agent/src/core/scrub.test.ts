import { describe, expect, it } from 'vitest'
import { scrub } from './scrub.ts'

const HASH = '4afca6260bbe3f4131412d6df1a9f4928a3c2801de314290c2e1bb82a2f1a9d3'

describe('scrub', () => {
  it.each([
    ['a whole server token', `token K10${HASH}::server:secret-word given`, 'token [secret] given'],
    ['a bootstrap token', 'use abcdef.0123456789abcdef now', 'use [secret] now'],
    ["a token of Drover's", 'drvj1_abcdefghij_klmnopqrst_abcd', '[secret]'],
    ['a PEM block', 'x -----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY----- y', 'x [secret] y'],
    ['a PEM block that was cut', '-----BEGIN PRIVATE KEY-----\nMHc', '[secret]'],
    ['a bearer header', 'Authorization: Bearer abcdef0123456789', 'Authorization: [secret]'],
    ['a key of a kubeconfig', 'client-key-data: LS0tLS1CRUdJTg==', '[secret]'],
  ])('masks %s', (_name, text, masked) => {
    expect(scrub(text, [])).toBe(masked)
  })

  it('masks the secrets it is given, the longest first', () => {
    expect(scrub('one-two one-two-three', ['one-two', 'one-two-three'])).toBe('[secret] [secret]')
  })

  it('leaves ordinary words, hashes and short values alone', () => {
    const text = `sha256 ${HASH} at 10.0.0.11:6443, v1.36.2+k3s1, k3s.start`
    expect(scrub(text, ['abc'])).toBe(text)
  })
})
