import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/** What a certificate is for; `keyPem` is the key to keep (a new one is made without it), `now` is in ms since 1970. */
export type CertificateRequest = { names: readonly string[]; keyPem?: string; now?: number }

/** A certificate with its key (PKCS#8) in PEM, and the pin that install lines carry. */
export type Certificate = { keyPem: string; certificatePem: string; pin: string }

const DAY_MS = 86_400_000
const YEARS = 10

/**
 * A self-signed certificate over ECDSA P-256 for host names and addresses, valid from yesterday for ten years.
 * With the same key the pin stays the same, so renewing it disturbs no agent.
 */
export const makeCertificate = async (request: CertificateRequest): Promise<Certificate> => {
  const now = request.now ?? Date.now()
  const keyPem = request.keyPem ?? newKeyPem()
  // The library wants the reflection polyfill to be there before it is loaded.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=drover-coordinator',
      serialNumber: serialNumber(),
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + YEARS * 365 * DAY_MS),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      keys: await webKeys(keyPem),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          request.names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
        ),
      ],
    },
    webcrypto,
  )
  const certificatePem = `${made.toString('pem').trim()}\n`
  return { keyPem, certificatePem, pin: pinOf(certificatePem) }
}

/** The pin of a certificate in curl's form: `sha256//` and the base64 SHA-256 of its public key info. */
export const pinOf = (certificatePem: string): string => {
  const info = new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256//${createHash('sha256').update(info).digest('base64')}`
}

const newKeyPem = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Sixteen random bytes in hex whose first bit is clear, so that the number is positive. */
const serialNumber = (): string => {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

const webKeys = async (keyPem: string): Promise<webcrypto.CryptoKeyPair> => {
  const { subtle } = webcrypto
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const privateDer = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' })
  const publicDer = createPublicKey(keyPem).export({ type: 'spki', format: 'der' })
  return {
    privateKey: await subtle.importKey('pkcs8', privateDer, algorithm, true, ['sign']),
    publicKey: await subtle.importKey('spki', publicDer, algorithm, true, ['verify']),
  }
}
