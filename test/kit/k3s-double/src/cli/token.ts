import { randomInt } from 'node:crypto'
import { Fatal } from '../log.ts'

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz'
const letters = (count: number): string => Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)] ?? '0').join('')

/** `k3s token generate` prints a bootstrap token; the other forms are absent and say so. */
export function runToken(from: { readonly given: readonly string[]; readonly out: (text: string) => void }): number {
  if (from.given[0] !== 'generate') throw new Fatal(`Error: this stand-in has no "token ${from.given[0] ?? ''}"`)
  from.out(`${letters(6)}.${letters(16)}\n`)
  return 0
}
