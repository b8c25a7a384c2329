import { type ClusterSpec, ClusterSpecSchema, type Fault } from '@drover/protocol'
import { checkSpec } from './check-spec.ts'
import type { Source } from './fault.ts'
import { findSecrets } from './find-secrets.ts'
import { readYaml } from './read-yaml.ts'
import { schemaFaults } from './schema-faults.ts'

/** A cluster spec, or every fault of its text with line, column, value, reason and the nearest key that exists. */
export type ParsedSpec = { readonly spec: ClusterSpec; readonly faults: readonly [] } | { readonly spec: null; readonly faults: readonly Fault[] }

const refused = (faults: readonly Fault[]): ParsedSpec => ({ spec: null, faults })

const parseValue = (source: Source): ParsedSpec => {
  const parsed = ClusterSpecSchema.safeParse(source.doc.toJS({ maxAliasCount: 0 }))
  if (!parsed.success) return refused(schemaFaults(source, parsed.error.issues))
  const faults = checkSpec(source, parsed.data)
  return faults.length > 0 ? refused(faults) : { spec: parsed.data, faults: [] }
}

/** Reads a spec as a person wrote it; never throws. */
export const parseSpec = (text: string): ParsedSpec => {
  const { source, faults } = readYaml(text)
  if (faults.length > 0) return refused(faults)
  const secrets = findSecrets(source)
  return secrets.length > 0 ? refused(secrets) : parseValue(source)
}
