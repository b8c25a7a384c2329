import { readdirSync, readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { readText } from '../files.ts'
import { Fatal } from '../log.ts'
import { goYamlMessage } from './yaml-error.ts'

const asList = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value
  return value === null || value === undefined || value === '' ? [] : [value]
}

const text = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const dropIns = (file: string): string[] => {
  try {
    return readdirSync(`${file}.d`)
      .filter((name) => /\.ya?ml$/i.test(name))
      .sort()
      .map((name) => `${file}.d/${name}`)
  } catch {
    return []
  }
}

/** What Go says of a file that is a list or a bare word (a list with one item a line). */
function wrongShape(value: unknown): string {
  const lines = asList(value).map((item, index) => `  line ${index + 1}: cannot unmarshal !!str \`${text(item)}\` into yaml.Map${Array.isArray(value) ? 'Item' : 'Slice'}`)
  return `yaml: unmarshal errors:\n${lines.join('\n')}`
}

function parsePairs(file: string): [string, unknown][] {
  const document = parseDocument(readFileSync(file, 'utf8'))
  const problem = document.errors[0]
  if (problem !== undefined) throw new Fatal(goYamlMessage(problem))
  const value: unknown = document.toJS()
  if (value === null || value === undefined) return []
  if (typeof value !== 'object' || Array.isArray(value)) throw new Fatal(wrongShape(value))
  return Object.entries(value)
}

/**
 * `config.yaml` and its drop-ins as one list of `--key=value` arguments: alphabetical, the last value wins, `key+` appends,
 * a list becomes one argument for each item.
 * @throws Fatal with the YAML error's text
 */
export function configArguments(file: string): string[] {
  const files = [...(readText(file) === undefined ? [] : [file]), ...dropIns(file)]
  const values = new Map<string, unknown>()
  for (const [key, value] of files.flatMap(parsePairs)) {
    const name = key.replace(/\+$/, '')
    const old = values.get(name)
    values.set(name, key.endsWith('+') && values.has(name) ? [...asList(old), ...asList(value)] : value)
  }
  return [...values].flatMap(([key, value]) => {
    const flag = `${key.length === 1 ? '-' : '--'}${key}`
    return Array.isArray(value) ? value.map((item) => `${flag}=${text(item)}`) : [`${flag}=${text(value)}`]
  })
}
