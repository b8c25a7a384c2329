/** How many insertions, deletions, replacements or swaps of neighbours turn one word into the other. */
export const editDistance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row])
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const replace = at(row - 1, column - 1) + (isSame ? 0 : 1)
      const swap = swapped ? at(row - 2, column - 2) + 1 : Infinity
      rows[row]?.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replace, swap))
    }
  }
  return at(a.length, b.length)
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_]/g, '')

/** The known word nearest to what was written, where it is near enough to be meant: at most a third of its letters differ. */
export const nearest = (written: string, known: readonly string[]): string | null => {
  const short = plain(written.slice(0, 64))
  let best: string | null = null
  let distance = Infinity
  for (const word of known) {
    const found = editDistance(short, plain(word))
    if (found < distance && found <= Math.max(1, Math.floor(word.length / 3))) [best, distance] = [word, found]
  }
  return best
}
