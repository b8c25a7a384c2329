import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto'

/** The one key kind k3s makes: ECDSA on P-256. */
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A key for signing certificates, with its PEM (`EC PRIVATE KEY`). */
export type Key = { readonly pem: string; readonly signing: webcrypto.CryptoKey; readonly publicKey: webcrypto.CryptoKey }

async function toKey(privateKey: KeyObject): Promise<Key> {
  const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const signing = await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign'])
  const publicKey = await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify'])
  return { pem, signing, publicKey }
}

/** Makes a new key. */
export const newKey = (): Promise<Key> => toKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)

/** Reads a key from PEM. */
export const readKey = (pem: string): Promise<Key> => toKey(createPrivateKey(pem))
