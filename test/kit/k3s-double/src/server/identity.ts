import { timingSafeEqual } from 'node:crypto'
import type { Call } from '../api/reply.ts'

/** Who a request comes from. */
export type Identity =
  | { readonly is: 'nobody' }
  /** Credentials were shown and are wrong. */
  | { readonly is: 'rejected' }
  | { readonly is: 'user'; readonly name: string; readonly groups: readonly string[]; readonly by: 'certificate' | 'token' }

/** The subject of a client certificate that the client authority signed. */
export type Subject = { readonly CN?: unknown; readonly O?: unknown }

/** What `server:` and `node:` must show. */
type Secrets = { readonly server: string; readonly agent: string }

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Identity from a client certificate first, then from basic credentials `server:<secret>` or `node:<secret>`. */
export function identify(call: Call, subject: Subject | undefined, secrets: Secrets): Identity {
  return fromCertificate(subject) ?? fromHeader(call, secrets)
}

function fromCertificate(subject: Subject | undefined): Identity | undefined {
  if (subject === undefined || typeof subject.CN !== 'string') return undefined
  const groups = (Array.isArray(subject.O) ? subject.O : [subject.O]).filter((group) => typeof group === 'string')
  return { is: 'user', name: subject.CN, groups, by: 'certificate' }
}

function fromHeader(call: Call, secrets: Secrets): Identity {
  const header = call.headers['authorization']
  if (typeof header !== 'string') return { is: 'nobody' }
  if (!header.startsWith('Basic ')) return { is: 'rejected' }
  const [name = '', ...rest] = Buffer.from(header.slice(6), 'base64').toString().split(':')
  const secret = rest.join(':')
  if (name === 'server' && same(secret, secrets.server)) return { is: 'user', name, groups: ['k3s:server'], by: 'token' }
  if (name === 'node' && same(secret, secrets.agent)) return { is: 'user', name, groups: ['k3s:agent'], by: 'token' }
  return { is: 'rejected' }
}

/** Whether somebody known belongs to one of the groups. */
export const inGroup = (identity: Identity, ...groups: readonly string[]): boolean =>
  identity.is === 'user' && identity.groups.some((group) => groups.includes(group))
