import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs'
import * as z from 'zod'
import { bytesText } from '@drover/protocol'
import {
  equalBytes,
  fromText,
  generateSealPair,
  generateSigningPair,
  privateKeyObject,
  rawPublicKey,
  sealKeyFault,
  signingKey,
  toText,
  type RawKeyPair,
  type SigningKey,
} from '@drover/protocol/node'
import { readJsonFile } from './read-json-file.ts'
import { StateFileError } from './state-file-error.ts'
import { createDurable, makeFolder } from './write-durable.ts'

/** A host's two keys: one to sign with (its identity), one that secrets are sealed to. */
export type NodeKeys = { readonly node: SigningKey; readonly seal: RawKeyPair }

const KeySchema = z.strictObject({ type: z.enum(['ed25519', 'x25519']), public: bytesText(32), secret: bytesText(32) })
type KeyType = z.infer<typeof KeySchema>['type']
const NAMES: Readonly<Record<string, KeyType>> = { 'node.json': 'ed25519', 'seal.json': 'x25519' }

/** The keys in a folder (0700, files 0600), made where there are none; throws StateFileError where one is wrong or missing alone. */
export const openNodeKeys = (folder: string): NodeKeys => {
  prepare(folder)
  const present = readdirSync(folder)
  if (present.length === 0) {
    create(folder, 'seal.json', generateSealPair())
    create(folder, 'node.json', generateSigningPair())
  } else if (!present.includes('node.json')) {
    // The node key is made last, so a first start that was cut short left only the seal key, which nobody has seen.
    create(folder, 'node.json', generateSigningPair())
  }
  return readNodeKeys(folder)
}

/** The keys in a folder; throws StateFileError where one is missing or wrong. */
export const readNodeKeys = (folder: string): NodeKeys => {
  const node = readPair(`${folder}/node.json`, 'ed25519')
  const seal = readPair(`${folder}/seal.json`, 'x25519')
  return { node: signingKey(node.secret), seal }
}

const prepare = (folder: string): void => {
  makeFolder(folder, 0o700)
  const mode = statSync(folder).mode & 0o777
  if ((mode & 0o077) !== 0) throw new StateFileError(folder, `has mode 0${mode.toString(8)}; 0700 is the most it may have`)
  for (const name of Object.keys(NAMES)) rmSync(`${folder}/${name}.new`, { force: true })
  const stranger = readdirSync(folder).find((name) => !Object.hasOwn(NAMES, name))
  if (stranger !== undefined) throw new StateFileError(`${folder}/${stranger}`, 'is no file of Drover; keys have no copies beside them')
}

const create = (folder: string, name: string, pair: RawKeyPair): void => {
  const content = { type: NAMES[name], public: toText(pair.publicKey), secret: toText(pair.secret) }
  createDurable(`${folder}/${name}`, `${JSON.stringify(content)}\n`, 0o600)
  chmodSync(`${folder}/${name}`, 0o600)
}

const readPair = (path: string, type: KeyType): RawKeyPair => {
  const stored = readJsonFile(path, KeySchema, { maxBytes: 1_024, secret: true })
  if (stored.type !== type) throw new StateFileError(path, `holds a key of type ${stored.type}, not ${type}`)
  const [publicKey, secret] = [fromText(stored.public), fromText(stored.secret)]
  if (publicKey === null || secret === null) throw new StateFileError(path, 'is no base64url')
  if (secret.every((byte) => byte === 0)) throw new StateFileError(path, 'the secret is all zero')
  if (!equalBytes(publicKey, publicOf(type, secret))) throw new StateFileError(path, 'the public half does not match the secret')
  if (type === 'x25519' && sealKeyFault(publicKey) !== null) throw new StateFileError(path, 'the public half is no good point')
  return { publicKey, secret }
}

const publicOf = (type: KeyType, secret: Uint8Array): Uint8Array => rawPublicKey(privateKeyObject(type, secret))
