import { KubectlError } from './connect.ts'

/** A kubectl command line taken apart. */
export type Given = { readonly words: readonly string[]; readonly flags: ReadonlyMap<string, string> }

const SHORT: Readonly<Record<string, string>> = { o: 'output', n: 'namespace', A: 'all-namespaces', l: 'selector', f: 'filename', w: 'watch' }

const SWITCHES: ReadonlySet<string> = new Set([
  'all-namespaces', 'no-headers', 'ignore-daemonsets', 'delete-emptydir-data', 'force', 'overwrite', 'ignore-not-found', 'client', 'watch', 'insecure-skip-tls-verify', 'disable-eviction',
])

type Flag = { readonly name: string; readonly attached: string | undefined }

/** A word that begins with a dash: `--name`, `--name=value`, `-o`, `-ojson`, `-o=json`. */
function readFlag(word: string): Flag {
  if (word.startsWith('--')) {
    const [name = '', ...value] = word.slice(2).split('=')
    return { name, attached: word.includes('=') ? value.join('=') : undefined }
  }
  const name = SHORT[word.slice(1, 2)]
  if (name === undefined) throw new KubectlError(`error: unknown shorthand flag: '${word.slice(1, 2)}' in ${word}`)
  return { name, attached: word.slice(2).replace(/^=/, '') || undefined }
}

/** Splits words and flags (`--a=b`, `--a b`, `-o json`, `-ojson`, switches). */
export function readGiven(given: readonly string[]): Given {
  const words: string[] = []
  const flags = new Map<string, string>()
  const rest = [...given]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-') || word === '-') {
      words.push(word)
      continue
    }
    const { name, attached } = readFlag(word)
    flags.set(name, attached ?? (SWITCHES.has(name) ? 'true' : (rest.shift() ?? '')))
  }
  return { words, flags }
}
