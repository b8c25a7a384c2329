import { hkdfSync, randomBytes } from 'node:crypto'
import { KEY_LENGTH, TOKEN_ID_LENGTH } from '../wire/hello-layout.ts'
import { fromBase32, toBase32 } from './base32.ts'
import { equalBytes, utf8 } from './bytes.ts'
import { CHECKSUM_LENGTH, checksum } from './checksum.ts'
import { signingKey, type SigningKey } from './sign.ts'

const PREFIXES = { join: 'drvj1', api: 'drvp1' } as const

/** What a token is for; the kind is part of its text and of every check. */
export type TokenKind = keyof typeof PREFIXES

/** A token in its parts: an id of ten base32 characters and a 32-byte secret. */
export type Token = { readonly kind: TokenKind; readonly id: string; readonly secret: Uint8Array }

/** Why a text is not a token of the wanted kind; a k3s token pasted by mistake is a secret that was shown. */
export type TokenFault = 'empty' | 'not-a-token' | 'other-kind' | 'checksum' | 'k3s-token' | 'bootstrap-token'

/** The token, or why not; the text is never echoed. */
export type TokenResult = { ok: true; token: Token } | { ok: false; fault: TokenFault }

/** A fresh token of a kind, from the system's random source. */
export const makeToken = (kind: TokenKind): Token => ({
  kind,
  id: toBase32(randomBytes(7)).slice(0, TOKEN_ID_LENGTH),
  secret: new Uint8Array(randomBytes(KEY_LENGTH)),
})

/** The text of a token: `drvj1_<id>_<secret>_<checksum>` (`drvp1_` for the API). */
export const tokenText = (token: Token): string => {
  const body = `${PREFIXES[token.kind]}_${token.id}_${toBase32(token.secret)}`
  return `${body}_${checksum(body)}`
}

const SECRET_LENGTH = 52
const TEXT_LENGTH = PREFIXES.join.length + TOKEN_ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH + 3
const SHAPE =
  /^(?<body>(?<prefix>drv[a-z]1)_(?<id>[a-z2-7]{10})_(?<secret>[a-z2-7]{52}))_(?<sum>[a-z2-7]{4})$/

/** Reads a token; takes exactly one trailing newline off and refuses everything else that is not its one text. */
export const parseToken = (kind: TokenKind, input: string): TokenResult => {
  if (input.length > TEXT_LENGTH + 1) return { ok: false, fault: foreignFault(input) }
  const text = input.endsWith('\n') ? input.slice(0, -1) : input
  if (text.trim() === '') return { ok: false, fault: 'empty' }
  const groups = SHAPE.exec(text)?.groups
  return groups === undefined ? { ok: false, fault: foreignFault(text) } : readParts(kind, groups)
}

const readParts = (kind: TokenKind, groups: Record<string, string | undefined>): TokenResult => {
  const { body = '', prefix, id = '', secret = '', sum = '' } = groups
  if (prefix !== PREFIXES[kind]) return { ok: false, fault: 'other-kind' }
  const raw = equalBytes(utf8(checksum(body)), utf8(sum)) ? fromBase32(secret) : null
  return raw === null ? { ok: false, fault: 'checksum' } : { ok: true, token: { kind, id, secret: raw } }
}

/** k3s's token is `K10<hash>::<user>:<secret>` (k3s docs, "token"); kubeadm's is `[a-z0-9]{6}.[a-z0-9]{16}`. */
const foreignFault = (text: string): TokenFault => {
  const start = text.slice(0, 512).trim()
  if (/^K10[0-9a-f]{0,64}.{0,2}|::(?:server|node):/.test(start)) return 'k3s-token'
  return /^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(start) ? 'bootstrap-token' : 'not-a-token'
}

/** The key by which a join token's holder proves it without sending it; derived by HKDF-SHA256 from the secret. */
export const tokenSigningKey = (token: Token): SigningKey =>
  signingKey(new Uint8Array(hkdfSync('sha256', token.secret, new Uint8Array(), utf8('drover1 join token key'), KEY_LENGTH)))
