import type { Io } from './io.ts'
import { cutLine } from './render/cut-line.ts'

const DEFAULT = { columns: 80, rows: 24 } as const

/** A picture on a terminal that is drawn over itself. */
export type LiveScreen = { readonly draw: (rows: readonly string[]) => void }

type Size = { readonly columns: number; readonly rows: number }

const sizeOf = ({ columns, rows }: Pick<Io, 'columns' | 'rows'>): Size => ({ columns: columns > 0 ? columns : DEFAULT.columns, rows: rows > 0 ? rows : DEFAULT.rows })

/** What fits: as many rows as the terminal has but one, each as wide as it is but one column. */
const fit = (rows: readonly string[], size: Size): readonly string[] => {
  const most = Math.max(1, size.rows - 1)
  const kept = rows.length <= most ? rows : [...rows.slice(0, most - 1), `… ${String(rows.length - most + 1)} more lines: make the window larger, or see drover status`]
  return kept.map((row) => cutLine(row, size.columns - 1))
}

/** From the line below the picture back to its first one, then down again over rows that stay. */
const over = (before: readonly string[], after: readonly string[]): string => {
  const lines = after.map((row, at) => (row === before[at] ? '\n' : `\r${row}\u001b[K\n`))
  return `${before.length === 0 ? '' : `\r\u001b[${String(before.length)}A`}${lines.join('')}${after.length < before.length ? '\u001b[J' : ''}`
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((row, at) => row === b[at])

/**
 * A screen that writes only the rows that have changed, in one piece. The cursor rests below the picture and is never hidden, so
 * that nothing has to be put back where the command is broken off. After a change of its size the terminal has broken the lines anew and
 * nobody knows where they are: it is cleared.
 */
export const createScreen = (io: Pick<Io, 'out' | 'columns' | 'rows'>): LiveScreen => {
  let shown: readonly string[] = []
  let last: Size | null = null
  return {
    draw: (rows) => {
      const size = sizeOf(io)
      const wanted = fit(rows, size)
      const isResized = last !== null && (last.columns !== size.columns || last.rows !== size.rows)
      last = size
      if (!isResized && isSame(shown, wanted)) return
      io.out(isResized ? `\u001b[H\u001b[2J${over([], wanted)}` : over(shown, wanted))
      shown = wanted
    },
  }
}
