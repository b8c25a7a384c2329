import { ClusterSpecSchema, type Fault } from '@drover/protocol'
import { isCollection, isScalar } from 'yaml'
import type * as z from 'zod'
import { nearest } from './edit-distance.ts'
import { faultAt, type Path, type Source } from './fault.ts'
import { keysAt } from './schema-keys.ts'

type Issue = z.core.$ZodIssue

const unknownKeys = (source: Source, path: Path, keys: readonly string[]): readonly Fault[] =>
  keys.map((key) => {
    const known = keysAt(ClusterSpecSchema, path)
    const reason = known.length > 0 ? `is not known here; known are ${known.join(', ')}` : 'is not known here'
    return faultAt(source, { path: [...path, key], reason, nearest: nearest(key, known) })
  })

/** Of a union the branch that went furthest is the one that was meant; none where all of them stopped at once. */
const deepest = (branches: readonly (readonly Issue[])[]): Issue | undefined =>
  branches.flat().filter(({ path, code }) => path.length > 0 || code === 'unrecognized_keys').toSorted((a, b) => b.path.length - a.path.length)[0]

/** Where the schema's own words say too little. */
const REASONS: Readonly<Record<string, string>> = {
  datastore: 'must be sqlite or etcd',
  snapshots: 'must be false, or say schedule, timeZone and keep',
  'network.node': 'must be a CIDR such as 10.0.0.0/24 or the name of an interface',
  'network.pods': 'must be a CIDR such as 10.42.0.0/16',
  'network.services': 'must be a CIDR such as 10.43.0.0/16',
  'firewall.admins': 'must be a list of networks such as 203.0.113.0/24: an empty one would lock everybody out',
}

const reasonOf = (issue: Issue): string => {
  const said = REASONS[issue.path.join('.')]
  if (said !== undefined) return said
  if (issue.code === 'invalid_union') return 'must be true or false, a whole number, a word or a list of words'
  const [inner = issue] = issue.code === 'invalid_key' || issue.code === 'invalid_element' ? issue.issues : []
  return inner.message.replace(/^Invalid (?:input|string|option): /, '').replace('received undefined', 'nothing is there')
}

const valueAt = (source: Source, path: Path): unknown => {
  const found: unknown = path.length === 0 ? undefined : source.doc.getIn(path)
  return isCollection(found) ? (found.toJSON() as unknown) : found
}

/** A word that YAML reads as a number or a switch, as it stands in the text; null for anything else. */
const unquoted = ({ doc }: Source, { path, code, ...rest }: Issue): string | null => {
  const node: unknown = code === 'invalid_type' && 'expected' in rest && rest.expected === 'string' ? doc.getIn(path, true) : null
  if (!isScalar(node) || node.value === null || typeof node.value === 'string') return null
  return node.source ?? null
}

const faultsOf = (source: Source, issue: Issue): readonly Fault[] => {
  if (issue.code === 'unrecognized_keys') return unknownKeys(source, issue.path, issue.keys)
  const meant = issue.code === 'invalid_union' ? deepest(issue.errors) : undefined
  if (meant !== undefined) return faultsOf(source, { ...meant, path: [...issue.path, ...meant.path] })
  const text = unquoted(source, issue)
  if (text !== null) return [faultAt(source, { path: issue.path, value: text, reason: 'must be a word, YAML reads this one as something else: put it in quotes' })]
  return [faultAt(source, { path: issue.path, value: valueAt(source, issue.path), reason: reasonOf(issue) })]
}

/** What the schema refuses, each with its place, what stands there and the nearest key that exists. */
export const schemaFaults = (source: Source, issues: readonly Issue[]): readonly Fault[] => issues.flatMap((issue) => faultsOf(source, issue))
