import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { readText, writeWhole } from '../files.ts'
import { Fatal } from '../log.ts'
import { AUTHORITIES } from '../pki/cluster-pki.ts'
import { pause, type World } from '../world.ts'
import type { Datastore, Entry } from './datastore.ts'

const LOCK_ATTEMPTS = 5

const keyOf = (secret: string): string => `/bootstrap/${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`

const passKey = (secret: string, salt: string): Buffer => pbkdf2Sync(secret, salt, 4096, 32, 'sha1')

/** Encrypts text under a token's secret: `<salt>:<base64 of nonce, ciphertext and tag>`. */
export function seal(secret: string, text: string): string {
  const salt = randomBytes(8).toString('hex')
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', passKey(secret, salt), nonce)
  const body = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
  return `${salt}:${body.toString('base64')}`
}

/** Undoes `seal`. @throws when the secret is not the one it was sealed under */
export function unseal(secret: string, sealed: string): string {
  const [salt = '', body = ''] = sealed.split(':')
  const bytes = Buffer.from(body, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', passKey(secret, salt), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return decipher.update(bytes.subarray(12, -16)).toString() + decipher.final().toString()
}

const fileNames = [...AUTHORITIES.flatMap(([file]) => [`${file}.crt`, `${file}.key`]), 'service.key']

/** The bootstrap data of this server's disk, as it is stored and handed to a joining server: file below `server/tls` to content. */
export const bootstrapText = (world: World): string =>
  JSON.stringify(Object.fromEntries(fileNames.map((name) => [name, readText(`${world.paths.tls}/${name}`) ?? ''])))

/** Writes bootstrap data to disk. Where the disk has an authority of another cluster all of `server/tls` goes first. */
export function restoreToDisk(world: World, text: string): void {
  world.log('info', 'Reconciling bootstrap data between datastore and disk')
  const files: unknown = JSON.parse(text)
  if (typeof files !== 'object' || files === null) return
  const known = Object.entries(files).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const onDisk = (name: string): string | undefined => readText(`${world.paths.tls}/${name}`)
  if (known.some(([name, content]) => (onDisk(name) ?? content) !== content)) rmSync(world.paths.tls, { recursive: true })
  for (const [name, content] of known) {
    if (onDisk(name) === undefined) writeWhole(`${world.paths.tls}/${name}`, content, name.endsWith('.key') ? 0o600 : 0o644)
  }
}

/** Rebuilds `server/tls` from what the datastore of a server that has begun holds. @throws Fatal without data, or with those of another token */
export function reconcile(world: World, found: readonly Pick<Entry, 'key' | 'value'>[], secret: string): void {
  const ours = found.find((entry) => entry.key === keyOf(secret))
  if (ours === undefined && found.length > 0) throw new Fatal(failed(`failed to reconcile with local datastore: ${OTHER_TOKEN}`))
  if (ours === undefined || ours.value === '') throw new Fatal(failed(`failed to reconcile with local datastore: ${NO_DATA}`))
  restoreToDisk(world, unseal(secret, ours.value))
}

/** One look at the bootstrap key: `locked` is taken by us now, `wait` means that somebody else holds the lock. */
async function attempt(world: World, store: Datastore, secret: string): Promise<'locked' | 'loaded' | 'wait'> {
  const key = keyOf(secret)
  const found = await store.list('/bootstrap/')
  if (found.length === 0) {
    await store.put(key, '')
    world.log('info', 'Bootstrap key locked for initial create')
    return 'locked'
  }
  const ours = found.find((entry) => entry.key === key)
  if (ours === undefined) throw new Fatal(failed(OTHER_TOKEN))
  if (ours.value === '') return 'wait'
  restoreToDisk(world, unseal(secret, ours.value))
  return 'loaded'
}

const OTHER_TOKEN = 'bootstrap data already found and encrypted with different token'
const NO_DATA = 'no bootstrap data found in datastore - check server token value and verify datastore integrity'

/** The fatal line of a start that cannot get its bootstrap data. */
export const failed = (text: string): string => `Error: preparing server: failed to bootstrap cluster data: ${text}`

/**
 * Loads the bootstrap data or takes the lock for making it. A lock left by a start that was cut short is waited for
 * (five looks, `lockWaitMs` apart) and then taken over; with `firstStart: etcd` the start is refused for ever instead.
 */
export async function loadBootstrap(world: World, store: Datastore, secret: string): Promise<'fresh' | 'loaded'> {
  for (let looks = 1; !world.stopping.aborted; looks += 1) {
    const outcome = await attempt(world, store, secret)
    if (outcome !== 'wait') return outcome === 'locked' ? 'fresh' : 'loaded'
    if (world.settings.firstStart === 'etcd') {
      throw new Fatal(failed(`failed to reconcile with local datastore: ${NO_DATA}`))
    }
    if (looks >= LOCK_ATTEMPTS) {
      world.log('info', 'Bootstrap key lock timed out - deleting lock and retrying')
      await store.remove(keyOf(secret))
      looks = 0
    } else world.log('info', 'Bootstrap key is locked - waiting for data to be populated by another server')
    await pause(world, world.settings.lockWaitMs)
  }
  return 'loaded'
}

/** Saves the authorities under the token's secret, so that this datastore and the token are enough to rebuild `server/tls`. */
export async function saveBootstrap(world: World, store: Datastore, secret: string): Promise<void> {
  world.log('info', 'Saving cluster bootstrap data to datastore')
  const held = await store.get(keyOf(secret))
  if (held !== undefined && held.value !== '') {
    world.log('warning', 'Bootstrap key already exists')
    return
  }
  if (held !== undefined) world.log('info', 'Bootstrap key lock is held')
  await store.put(keyOf(secret), seal(secret, bootstrapText(world)))
}
