import type { ClusterSpec, ConfigValue, K3sConfig, Role } from '@drover/protocol'
import type { Option, OptionTable } from './option.ts'
import { OPTIONS_V1_36 } from './options-v1-36.ts'

/** The options of a k3s version. One table serves all that the spec accepts: v1.32.4 and v1.36 take the same flags but for `etcd-s3-*`. */
export const optionTable = (_version: string): OptionTable => OPTIONS_V1_36

/** An option of the table; undefined for one that it lacks. */
export const findOption = (name: string, version: string): Option | undefined => {
  const table = optionTable(version)
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** True where a role's k3s knows the option. */
export const isFor = (option: Option, role: Role): boolean => option.on === 'both' || option.on === role

/** A list may be written as a single word, and a mode as a number. */
const normal = (option: Option, value: ConfigValue): ConfigValue => {
  if (option.type === 'list' && !Array.isArray(value)) return [String(value)]
  return option.type === 'string' ? String(value) : value
}

/** The spec's options that a role's k3s knows: the common ones, then the role's own over them. */
export const optionsFor = (spec: ClusterSpec, role: Role): K3sConfig => {
  const own = role === 'server' ? spec.serverOptions : spec.agentOptions
  const entries = Object.entries({ ...spec.options, ...own }).flatMap(([name, value]) => {
    const option = findOption(name, spec.k3s.version)
    return option !== undefined && isFor(option, role) ? [[name, normal(option, value)] as const] : []
  })
  return Object.fromEntries(entries)
}
