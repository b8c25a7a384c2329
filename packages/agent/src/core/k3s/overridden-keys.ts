import { yamlTopKeys } from '../parse/yaml-keys.ts'

/** A config file beside ours, by its name without folder. */
export type DropIn = { readonly name: string; readonly text: string }

/** Keys of our drop-in that a later one sets again, to the last file that does; k3s reads them in the order of their names. */
export const overriddenKeys = (ours: DropIn, others: readonly DropIn[]): Readonly<Record<string, string>> => {
  const own = new Set(yamlTopKeys(ours.text))
  const later = others.filter((one) => one.name > ours.name).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const pairs = later.flatMap((file) => yamlTopKeys(file.text).filter((key) => own.has(key)).map((key) => [key, file.name] as const))
  return Object.fromEntries(pairs)
}
