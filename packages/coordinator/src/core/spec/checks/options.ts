import type { ClusterSpec, ConfigValue } from '@drover/protocol'
import { overlaps, parseAddress } from '@drover/protocol'
import { nearest } from '../edit-distance.ts'
import type { Path, Wrong } from '../fault.ts'
import type { Option } from '../option.ts'
import { lockedGate } from '../feature-gates.ts'
import { findOption, isFor, optionTable } from '../options.ts'
import { refusedBecause } from '../owned-options.ts'

const FIELDS = ['options', 'serverOptions', 'agentOptions'] as const
type Field = (typeof FIELDS)[number]

const TYPES: Readonly<Record<Option['type'], string>> = {
  bool: 'true or false',
  int: 'a whole number',
  string: 'one word',
  list: 'a list of words',
}

const hasType = (type: Option['type'], value: ConfigValue): boolean => {
  if (type === 'bool') return typeof value === 'boolean'
  if (type === 'int') return typeof value === 'number'
  if (type === 'list') return typeof value === 'string' || Array.isArray(value)
  return typeof value === 'string' || typeof value === 'number'
}

type At = { readonly path: Path; readonly name: string; readonly value: ConfigValue; readonly version: string }

const checkArg = ({ name, version }: At, text: string, args: NonNullable<Option['args']>): string | null => {
  const [flag = '', ...rest] = text.split('=')
  const value = rest.join('=')
  const pattern = Object.hasOwn(args, flag) ? args[flag] : undefined
  if (pattern === undefined) return `${flag} is not let through; ${name} takes ${Object.keys(args).join(', ')}`
  if (!pattern.test(value)) return `this value of ${flag} is not let through`
  return flag === 'feature-gates' ? lockedGate(value, version) : null
}

const checkWord = (at: At, option: Option, text: string): string | null => {
  if (option.choices !== undefined && !option.choices.includes(text)) return `must be one of ${option.choices.join(', ')}`
  if (option.form !== undefined && !option.form.pattern.test(text)) return `must be ${option.form.text}`
  return option.args === undefined ? null : checkArg(at, text, option.args)
}

const checkValue = (at: At, option: Option): readonly Wrong[] => {
  const { path, value } = at
  if (!hasType(option.type, value)) {
    const word = typeof value === 'string' && option.type === 'bool' ? ': yes, no, on and off are words in YAML 1.2' : ''
    return [{ path, value, reason: `must be ${TYPES[option.type]}${word}` }]
  }
  return [value].flat().flatMap((word, index) => {
    const reason = checkWord(at, option, String(word))
    return reason === null ? [] : [{ path: Array.isArray(value) ? [...path, index] : path, value: word, reason }]
  })
}

const checkOption = (at: At, field: Field): readonly Wrong[] => {
  const { path, name, version } = at
  const refused = refusedBecause(name)
  if (refused !== undefined) return [{ path, reason: refused }]
  const option = findOption(name, version)
  if (option === undefined) return [{ path, reason: `k3s ${version} has no such option`, nearest: nearest(name, Object.keys(optionTable(version))) }]
  if (field === 'serverOptions' && !isFor(option, 'server')) return [{ path, reason: 'is an option of agents: put it under agentOptions' }]
  if (field === 'agentOptions' && !isFor(option, 'agent')) return [{ path, reason: 'is an option of servers: put it under options or serverOptions' }]
  return checkValue(at, option)
}

const checkDns = (spec: ClusterSpec): readonly Wrong[] =>
  (['options', 'serverOptions'] as const).flatMap((field) => {
    const dns = spec[field]['cluster-dns']
    if (dns === undefined) return []
    const isInside = [dns].flat().every((one) => {
      const address = parseAddress(String(one))
      return address !== null && overlaps(spec.network.services, `${String(one)}/${address.family === 4 ? 32 : 128}`)
    })
    return isInside ? [] : [{ path: [field, 'cluster-dns'], value: dns, reason: `must be an address in network.services ${spec.network.services}` }]
  })

/** Options that k3s does not know, that Drover owns, of the wrong type, for the other role, or with values that are not let through. */
export const checkOptions = (spec: ClusterSpec): readonly Wrong[] => [
  ...FIELDS.flatMap((field) =>
    Object.entries(spec[field]).flatMap(([name, value]) => checkOption({ path: [field, name], name, value, version: spec.k3s.version }, field)),
  ),
  ...checkDns(spec),
]
