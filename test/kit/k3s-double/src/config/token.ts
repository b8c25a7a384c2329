import { createHash } from 'node:crypto'
import { readText } from '../files.ts'
import { Fatal } from '../log.ts'
import type { Options } from './options.ts'

/** A join token taken apart; `caHash` is empty in the short form. */
export type JoinToken = { readonly caHash: string; readonly user: string; readonly secret: string }

/** Reads `K10<64 hex>::<user>:<secret>` or a bare secret. @throws Fatal with k3s's words for a malformed one */
export function parseToken(text: string): JoinToken {
  if (text === '') throw new Fatal('token must not be empty')
  if (!text.startsWith('K10')) return { caHash: '', user: '', secret: text }
  const cut = text.indexOf('::')
  const caHash = cut < 0 ? '' : text.slice(3, cut)
  const rest = cut < 0 ? text.slice(3) : text.slice(cut + 2)
  if (caHash !== '' && caHash.length !== 64) throw new Fatal('invalid token CA hash length')
  const colon = rest.indexOf(':')
  if (colon < 0 || colon === rest.length - 1) throw new Fatal('invalid token format')
  return { caHash, user: rest.slice(0, colon), secret: rest.slice(colon + 1) }
}

/** The secure form. */
export const formatToken = (token: JoinToken): string => `K10${token.caHash}::${token.user}:${token.secret}`

/** The hash that a secure token carries: SHA-256 over the PEM bytes of a one-certificate bundle. */
export const caHashOf = (pem: string): string => createHash('sha256').update(pem).digest('hex')

/** The token of `token` or `token-file` (or their `agent-` forms); undefined where neither is given. */
export function tokenFrom(options: Options, prefix: '' | 'agent-'): string | undefined {
  const file = options.one(`${prefix}token-file`)
  if (file === undefined || file === '') return options.one(`${prefix}token`)
  const text = readText(file)
  if (text === undefined) throw new Fatal(`Error: open ${file}: no such file or directory`)
  return text.trim()
}
