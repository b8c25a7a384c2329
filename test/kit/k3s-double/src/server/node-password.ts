import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import { part } from '../api/kube-object.ts'
import { place, type ServerState } from './state.ts'

/** `$1:<salt hex>:15:8:1:<base64 of the key>`. */
export function hashPassword(password: string, salt = randomBytes(8)): string {
  const key = scryptSync(password, salt, 64, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 })
  return `$1:${salt.toString('hex')}:15:8:1:${key.toString('base64').replace(/=+$/, '')}`
}

const matches = (hash: string, password: string): boolean => {
  const salt = Buffer.from(hash.split(':')[1] ?? '', 'hex')
  const [want, have] = [Buffer.from(hash), Buffer.from(hashPassword(password, salt))]
  return want.length === have.length && timingSafeEqual(want, have)
}

/** Checks a node's password against its secret `<node>.node-password.k3s`, or keeps it where there is none. */
export async function ensureNodePassword(state: ServerState, node: string, password: string): Promise<boolean> {
  const target = place('secrets', `${node.toLowerCase()}.node-password.k3s`, 'kube-system')
  const hash = part(await state.objects.read(target), 'data')['hash']
  if (typeof hash === 'string') return matches(Buffer.from(hash, 'base64').toString(), password)
  const secret = {
    metadata: { name: target.name ?? '', namespace: 'kube-system' },
    type: 'Opaque',
    immutable: true,
    data: { hash: Buffer.from(hashPassword(password)).toString('base64') },
  }
  await state.objects.change(target, (old) => (old === undefined ? secret : undefined))
  return true
}
