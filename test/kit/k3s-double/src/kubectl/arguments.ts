import { KubectlError } from './connect.ts'

/** A kubectl command line taken apart. */
export type Given = { readonly words: readonly string[]; readonly flags: ReadonlyMap<string, string> }

const SHORT: Readonly<Record<string, string>> = { o: 'output', n: 'namespace', A: 'all-namespaces', l: 'selector', f: 'filename', w: 'watch' }

const SWITCHES: ReadonlySet<string> = new Set([
  'all-namespaces', 'no-headers', 'ignore-daemonsets', 'delete-emptydir-data', 'force', 'overwrite', 'ignore-not-found', 'client', 'watch', 'insecure-skip-tls-verify', 'disable-eviction',
])

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
    const long = word.startsWith('--')
    const name = long ? (word.slice(2).split('=')[0] ?? '') : (SHORT[word.slice(1, 2)] ?? '')
    if (name === '') throw new KubectlError(`error: unknown shorthand flag: '${word.slice(1, 2)}' in ${word}`)
    const attached = long ? (word.includes('=') ? word.slice(word.indexOf('=') + 1) : undefined) : word.slice(2).replace(/^=/, '') || undefined
    flags.set(name, attached ?? (SWITCHES.has(name) ? 'true' : (rest.shift() ?? '')))
  }
  return { words, flags }
}
