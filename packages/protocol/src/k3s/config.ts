import * as z from 'zod'

const word = z.string().min(1).max(512).regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}-][^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'must not start with a dash or hold control characters')

/** One value of a k3s config file: a word, a list of words, an integer or a boolean. */
export const ConfigValueSchema = z.union([z.boolean(), z.int(), word, z.array(word).max(64)])
/** See {@link ConfigValueSchema}. */
export type ConfigValue = z.infer<typeof ConfigValueSchema>

/** k3s config keys (flag names without dashes) to values. */
export const K3sConfigSchema = z.record(z.string().regex(/^[a-z][a-z0-9-]{0,63}$/), ConfigValueSchema)
/** See {@link K3sConfigSchema}. */
export type K3sConfig = z.infer<typeof K3sConfigSchema>

const scalar = (value: string | number | boolean): string =>
  typeof value === 'string' ? JSON.stringify(value) : String(value)

/** The text of our drop-in: keys sorted, strings quoted as JSON (valid YAML 1.2), so that equal settings are equal bytes. */
export const renderConfig = (config: K3sConfig): string => {
  const keys = Object.keys(config).toSorted()
  const lines = keys.map((key) => {
    const value = config[key]
    if (value === undefined) return ''
    if (Array.isArray(value)) return `${key}:\n${value.map((item) => `  - ${scalar(item)}\n`).join('')}`
    return `${key}: ${scalar(value)}\n`
  })
  return `# Written by Drover; changes here are overwritten. Put your own settings into a later file of this folder.\n${lines.join('')}`
}

/** The settings whose change takes a restart: all but `server`, by which k3s finds a cluster that it has no data of. */
export const restartText = (text: string): string => text.replaceAll(/^server: .*\n?/gm, '')

/** The URL that a drop-in of ours names as `server`; null where it names none. */
export const serverIn = (text: string): string | null => /^server: "([^"\\]+)"$/m.exec(text)?.[1] ?? null
