import 'reflect-metadata'
import { randomBytes } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { isIP } from 'node:net'
import { ALGORITHM, type Key, newKey, readKey } from './keys.ts'

/** A certificate authority: its certificate as PEM and the key that signs. */
export type Authority = { readonly certificate: string; readonly key: Key; readonly subject: string }

/** A leaf certificate to be made. */
export type Leaf = {
  readonly commonName: string
  readonly organization?: string
  readonly use: 'client' | 'server' | 'both'
  /** DNS names and addresses. */
  readonly names?: readonly string[]
}

const USES = {
  client: [ExtendedKeyUsage.clientAuth],
  server: [ExtendedKeyUsage.serverAuth],
  both: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
} as const

const DAY = 86_400_000
const serial = (): string => `00${randomBytes(8).toString('hex')}`
const pem = (certificate: X509Certificate): string => `${certificate.toString('pem').trimEnd()}\n`
const minuteAgo = (): Date => new Date(Date.now() - 3_600_000)

/** Makes a self-signed authority named `<prefix>@<unix seconds>`, good for ten years. */
export async function newAuthority(prefix: string): Promise<Authority> {
  const key = await newKey()
  const subject = `CN=${prefix}@${Math.floor(Date.now() / 1000)}`
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: subject,
    serialNumber: serial(),
    notBefore: minuteAgo(),
    notAfter: new Date(Date.now() + 3650 * DAY),
    signingAlgorithm: ALGORITHM,
    keys: { privateKey: key.signing, publicKey: key.publicKey },
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment | KeyUsageFlags.keyCertSign, true),
      new BasicConstraintsExtension(true, undefined, true),
      await SubjectKeyIdentifierExtension.create(key.publicKey),
    ],
  })
  return { certificate: pem(certificate), key, subject }
}

/** Reads an authority back from its two files. */
export async function readAuthority(certificate: string, keyPem: string): Promise<Authority> {
  return { certificate, key: await readKey(keyPem), subject: new X509Certificate(certificate).subject }
}

/** Signs a leaf for a year; the PEM holds the leaf and then the authority, as k3s's files do. */
export async function signLeaf(authority: Authority, leaf: Leaf, key: Key): Promise<string> {
  const organization = leaf.organization === undefined ? '' : `,O=${leaf.organization}`
  const names = (leaf.names ?? []).map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }))
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${leaf.commonName}${organization}`,
    issuer: authority.subject,
    serialNumber: serial(),
    notBefore: minuteAgo(),
    notAfter: new Date(Date.now() + 365 * DAY),
    signingAlgorithm: ALGORITHM,
    publicKey: key.publicKey,
    signingKey: authority.key.signing,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([...USES[leaf.use]]),
      await AuthorityKeyIdentifierExtension.create(authority.key.publicKey),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    ],
  })
  return pem(certificate) + authority.certificate
}
