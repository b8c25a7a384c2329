import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto'
import { readText, writeWhole } from '../files.ts'
import { Fatal } from '../log.ts'
import { AUTHORITIES } from '../pki/cluster-pki.ts'
import { pause, type World } from '../world.ts'
import type { Datastore } from './datastore.ts'

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

function restoreToDisk(world: World, text: string): void {
  const files: unknown = JSON.parse(text)
  if (typeof files !== 'object' || files === null) return
  for (const [name, content] of Object.entries(files)) {
    if (typeof content !== 'string') continue
    const file = `${world.paths.tls}/${name}`
    if (readText(file) === undefined) writeWhole(file, content, name.endsWith('.key') ? 0o600 : 0o644)
  }
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
  if (ours === undefined) throw new Fatal(failed('bootstrap data already found and encrypted with different token'))
  if (ours.value === '') return 'wait'
  world.log('info', 'Reconciling bootstrap data between datastore and disk')
  restoreToDisk(world, unseal(secret, ours.value))
  return 'loaded'
}

const failed = (text: string): string => `Error: preparing server: failed to bootstrap cluster data: ${text}`

/**
 * Loads the bootstrap data or takes the lock for making it. A lock left by a start that was cut short is waited for
 * (five looks, `lockWaitMs` apart) and then taken over; with `firstStart: etcd` the start is refused for ever instead.
 */
export async function loadBootstrap(world: World, store: Datastore, secret: string): Promise<'fresh' | 'loaded'> {
  for (let looks = 1; !world.stopping.aborted; looks += 1) {
    const outcome = await attempt(world, store, secret)
    if (outcome !== 'wait') return outcome === 'locked' ? 'fresh' : 'loaded'
    if (world.settings.firstStart === 'etcd') {
      const text = 'no bootstrap data found in datastore - check server token value and verify datastore integrity'
      throw new Fatal(failed(`failed to reconcile with local datastore: ${text}`))
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
  const names = [...AUTHORITIES.flatMap(([file]) => [`${file}.crt`, `${file}.key`]), 'service.key']
  const files = Object.fromEntries(names.map((name) => [name, readText(`${world.paths.tls}/${name}`) ?? '']))
  const held = await store.get(keyOf(secret))
  if (held !== undefined && held.value !== '') {
    world.log('warning', 'Bootstrap key already exists')
    return
  }
  if (held !== undefined) world.log('info', 'Bootstrap key lock is held')
  await store.put(keyOf(secret), seal(secret, JSON.stringify(files)))
}
