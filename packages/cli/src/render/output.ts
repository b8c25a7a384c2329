import { jsonText, yamlText } from './machine.ts'
import { table } from './table.ts'

/** The forms of a list. */
export const OUTPUTS = ['table', 'wide', 'json', 'yaml', 'name'] as const
/** One form of a list. */
export type Output = (typeof OUTPUTS)[number]

/** How one kind of thing is listed: its name, the columns of the short form and those that `wide` adds. */
export type Listing<T> = { readonly name: (item: T) => string; readonly columns: readonly Column<T>[]; readonly wide: readonly Column<T>[]; readonly none: string }
/** One column: its head and its cell. */
export type Column<T> = readonly [head: string, cell: (item: T) => string]

/** A list in the form that was asked for; JSON and YAML hold everything that the API gave. */
export const listText = <T>(items: readonly T[], listing: Listing<T>, output: Output): string => {
  if (output === 'json') return jsonText(items)
  if (output === 'yaml') return yamlText(items)
  if (output === 'name') return items.map((item) => `${listing.name(item)}\n`).join('')
  if (items.length === 0) return `${listing.none}\n`
  const columns = output === 'wide' ? [...listing.columns, ...listing.wide] : listing.columns
  return table(columns.map(([head]) => head), items.map((item) => columns.map(([, cell]) => cell(item))))
}
