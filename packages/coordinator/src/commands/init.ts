import { chownSync, existsSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DroverError } from '@drover/protocol'
import { keyFingerprint, keyText, makeToken, tokenText } from '@drover/protocol/node'
import { tokenDigest } from '../api/authorize.ts'
import { type Home, makeHome, readKeys, readSettings, type Settings, SettingsSchema } from '../home.ts'
import { insertApiToken } from '../store/api-tokens.ts'
import type { ApiRole } from '../store/schema.ts'
import { openSqlite } from '../store/sqlite/open.ts'

const DAY = 86_400_000
const LIFE = 365 * DAY

/** What `init` prints as one line of JSON: all that a CLI profile needs. The token is shown this once. */
export type InitAnswer = { readonly url: string; readonly pin: string; readonly key: string; readonly fingerprint: string; readonly token: string }

/** What commands that open the database need. */
export type Place = { readonly home: Home; readonly nativeBinding?: string; readonly now: number }

/** Makes folders, keys, certificate and settings where they are missing, and an API token of role admin. Safe to repeat. */
export const init = async (argv: readonly string[], place: Place): Promise<InitAnswer> => {
  const { values } = parseArgs({
    args: [...argv],
    options: { advertise: { type: 'string', multiple: true }, listen: { type: 'string', default: '0.0.0.0:8443' }, owner: { type: 'string', default: 'admin' } },
  })
  const settings = settingsFrom(values.advertise ?? [], values.listen)
  const { home } = place
  await makeHome(home, settings)
  const answer = await newApiToken(place, { owner: values.owner, role: 'admin' })
  giveToOwner(home.root)
  return answer
}

const settingsFrom = (advertise: readonly string[], listen: string): Settings => {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(listen) ?? []
  const parsed = SettingsSchema.safeParse({ version: 1, listen: { host, port: Number(port) }, advertise: advertise.map((url) => url.replace(/\/$/, '')) })
  if (parsed.success) return parsed.data
  throw new DroverError('request.invalid', `give at least one address that hosts reach: --advertise https://ADDRESS:8443 (${parsed.error.issues[0]?.message ?? ''})`)
}

/** Stores a new API token and returns what a profile needs. */
export const newApiToken = async (place: Place, about: { readonly owner: string; readonly role: ApiRole }): Promise<InitAnswer> => {
  const keys = await readKeys(place.home)
  const { db, close } = await openSqlite(place.home.database, { now: place.now, ...(place.nativeBinding === undefined ? {} : { nativeBinding: place.nativeBinding }) })
  const token = makeToken('api')
  await insertApiToken(db, {
    id: token.id,
    digest: tokenDigest(token.secret),
    role: about.role,
    owner: about.owner,
    created_at: place.now,
    expires_at: place.now + LIFE,
    revoked_at: null,
  })
  await close()
  const url = readSettings(place.home).advertise[0] ?? ''
  return { url, pin: keys.pin, key: keyText(keys.signing.publicKey), fingerprint: keyFingerprint(keys.signing.publicKey), token: tokenText(token) }
}

/** Run as root, files belong to whoever owns the folder: the service's own user. */
export const giveToOwner = (root: string): void => {
  if (process.getuid?.() !== 0 || !existsSync(root)) return
  const { uid, gid } = statSync(root)
  const give = (path: string): void => {
    chownSync(path, uid, gid)
    if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) give(join(path, name))
  }
  give(root)
}
