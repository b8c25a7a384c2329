import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { CliError } from './cli-error.ts'

/** Where a coordinator is, how it proves itself, and the API token; written by `drover init`. */
export const ProfileSchema = z.strictObject({
  version: z.literal(1),
  url: z.string().regex(/^https:\/\/[^\s/?#@]+$/),
  pin: z.string().regex(/^sha256\/\/[A-Za-z0-9+/]{43}=$/),
  key: z.string().startsWith('drvk1_'),
  token: z.string().startsWith('drvp1_'),
})
/** See {@link ProfileSchema}. */
export type Profile = z.infer<typeof ProfileSchema>

/** The profile's file: $DROVER_PROFILE, or ~/.config/drover/profile.json. */
export const profilePath = (): string => process.env['DROVER_PROFILE'] ?? join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'drover', 'profile.json')

/** Reads the profile; refuses one that others can read or write. */
export const readProfile = (path = profilePath()): Profile => {
  if (!existsSync(path)) throw new CliError(1, `there is no profile at ${path}: run \`drover init --advertise https://ADDRESS:8443\` on the coordinator, or copy its profile here`)
  if ((statSync(dirname(path)).mode & 0o002) !== 0) throw new CliError(1, `the folder of ${path} can be written by everybody: chmod o-w ${dirname(path)}`)
  const { mode, uid } = statSync(path)
  if ((mode & 0o077) !== 0) throw new CliError(1, `${path} can be read by others: chmod 600 ${path}`)
  if (uid !== process.getuid?.()) throw new CliError(1, `${path} belongs to another user`)
  const parsed = ProfileSchema.safeParse(jsonOf(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new CliError(1, `${path} is not a Drover profile (${parsed.error.issues[0]?.message ?? ''}): run \`drover init\` again`)
  return parsed.data
}

/** Writes the profile whole, readable by its owner alone. */
export const writeProfile = (profile: Profile, path = profilePath()): void => {
  const temporary = `${path}.${String(process.pid)}`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(temporary, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 })
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
  } catch (error) {
    throw new CliError(1, `cannot write the profile ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, { remedy: 'Set DROVER_PROFILE to a file in a folder of yours.' })
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
