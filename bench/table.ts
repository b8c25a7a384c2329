import type { Row } from './row.ts'

const COLUMNS = ['name', 'value', 'limit', 'ratio', 'k3s'] as const

/** Rows as text, one line each, in columns; a column that no row uses is left out. */
export const tableOf = (rows: readonly Row[]): string => {
  const used = COLUMNS.filter((column) => rows.some((row) => row[column] !== undefined))
  const lines = [used.map((column) => column.toUpperCase()), ...rows.map((row) => used.map((column) => row[column] ?? ''))]
  const widths = used.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)))
  return lines.map((line) => `${line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ').trimEnd()}\n`).join('')
}
