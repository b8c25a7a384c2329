import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { DroverError } from '@drover/protocol'
import { generateSigningPair, signingKey, type SigningKey } from '@drover/protocol/node'
import { makeCertificate } from './hub/certificate.ts'

const UrlSchema = z.string().max(256).regex(/^https:\/\/[^\s/?#@]+$/, 'must be https://HOST:PORT')

/** Settings that `drover-coordinator init` writes. */
export const SettingsSchema = z.strictObject({
  version: z.literal(1),
  listen: z.strictObject({ host: z.string(), port: z.int().min(1).max(65_535) }),
  advertise: z.array(UrlSchema).min(1).max(16),
  /** A mirror of the k3s releases, `<base>/<version>/<file>`, where upstream is not asked for their sums. */
  releaseBase: z.string().max(512).regex(/^https?:\/\/[^\s?#]+$/).optional(),
})
/** See {@link SettingsSchema}. */
export type Settings = z.infer<typeof SettingsSchema>

/** The coordinator's folder: where each thing is. */
export type Home = ReturnType<typeof homeAt>

/** Paths below the coordinator's folder. */
export const homeAt = (root: string) => ({
  root,
  settings: join(root, 'config.json'),
  database: join(root, 'drover.db'),
  backups: join(root, 'backups'),
  artifacts: join(root, 'artifacts'),
  snapshots: join(root, 'snapshots'),
  keys: join(root, 'keys'),
  signing: join(root, 'keys', 'coordinator.key'),
  kek: join(root, 'keys', 'kek'),
  tlsKey: join(root, 'keys', 'tls.key'),
  tlsCertificate: join(root, 'keys', 'tls.crt'),
})

/** What the coordinator holds in its keys folder. */
export type Keys = { readonly signing: SigningKey; readonly kek: Uint8Array; readonly tlsKey: string; readonly tlsCertificate: string; readonly pin: string }

/** Writes a file that must survive a power cut: temporary name, fsync, rename, fsync of the folder. Mode 0600. */
export const writeDurably = (path: string, content: string | Uint8Array): void => {
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w', 0o600)
  writeSync(file, typeof content === 'string' ? Buffer.from(content) : content)
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, path)
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** Makes folders and keys where they are missing; what is there is never replaced. */
export const makeHome = async (home: Home, settings: Settings): Promise<void> => {
  for (const folder of [home.root, home.keys, home.backups, home.artifacts]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  }
  const hadDatabase = existsSync(home.database)
  if (hadDatabase && !existsSync(home.kek)) throw new DroverError('internal', `${home.kek} is missing beside a database: put the key file back from a backup`)
  if (!existsSync(home.signing)) writeDurably(home.signing, Buffer.from(generateSigningPair().secret).toString('hex'))
  if (!existsSync(home.kek)) writeDurably(home.kek, randomBytes(32).toString('hex'))
  await renewCertificate(home, settings)
  writeDurably(home.settings, `${JSON.stringify({ ...keptSettings(home), ...settings }, null, 2)}\n`)
}

/** The mirror was written by hand: setting up again keeps it. */
const keptSettings = (home: Home): Pick<Settings, 'releaseBase'> => {
  const { releaseBase } = existsSync(home.settings) ? readSettings(home) : {}
  return releaseBase === undefined ? {} : { releaseBase }
}

const renewCertificate = async (home: Home, settings: Settings): Promise<void> => {
  const names = [...new Set([...settings.advertise.map((url) => new URL(url).hostname.replaceAll(/[[\]]/g, '')), 'localhost', '127.0.0.1'])]
  const keyPem = existsSync(home.tlsKey) ? readFileSync(home.tlsKey, 'utf8') : undefined
  const made = await makeCertificate({ names, ...(keyPem === undefined ? {} : { keyPem }) })
  if (keyPem === undefined) writeDurably(home.tlsKey, made.keyPem)
  writeDurably(home.tlsCertificate, made.certificatePem)
}

/** Reads the settings; says what to do where there are none. */
export const readSettings = (home: Home): Settings => {
  if (!existsSync(home.settings)) throw new DroverError('resource.unknown', 'this coordinator has no settings yet: run `drover init --advertise https://ADDRESS:8443`')
  const parsed = SettingsSchema.safeParse(JSON.parse(readFileSync(home.settings, 'utf8')))
  if (!parsed.success) throw new DroverError('internal', `${home.settings}: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

const readSecretFile = (path: string): string => {
  const mode = statSync(path).mode & 0o077
  if (mode !== 0) throw new DroverError('internal', `${path} can be read by others: chmod 600 ${path}`)
  return readFileSync(path, 'utf8').trim()
}

const read32 = (path: string): Uint8Array => {
  const text = readSecretFile(path)
  if (!/^[0-9a-f]{64}$/.test(text)) throw new DroverError('internal', `${path} is not a key of 32 bytes: put it back from a backup`)
  return new Uint8Array(Buffer.from(text, 'hex'))
}

/** Reads all keys; refuses loose modes and files that are not keys. */
export const readKeys = async (home: Home): Promise<Keys> => {
  const { pinOf } = await import('./hub/certificate.ts')
  const tlsCertificate = readFileSync(home.tlsCertificate, 'utf8')
  return {
    signing: signingKey(read32(home.signing)),
    kek: read32(home.kek),
    tlsKey: readSecretFile(home.tlsKey),
    tlsCertificate,
    pin: pinOf(tlsCertificate),
  }
}
