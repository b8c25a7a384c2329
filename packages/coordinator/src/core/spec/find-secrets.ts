import type { Fault } from '@drover/protocol'
import { isScalar, visit } from 'yaml'
import { placeOf, type Source } from './fault.ts'

const NAMES = /token|passw|secret|private-?key|credential/i
const HARMLESS = /^(?:secrets-encryption(?:-provider)?|image-credential-provider-(?:bin-dir|config)|token-file|agent-token-file|service-account-.*)$/
/** A k3s token, a join or API token of Drover, a bootstrap token, a private key. */
const VALUES = /\bK10[0-9a-f]{64}::|\bdrv[a-z]\d?_[A-Za-z0-9]{8}|^[a-z0-9]{6}\.[a-z0-9]{16}$|-----BEGIN [A-Z ]*PRIVATE KEY-----/

const REASON = 'a secret does not belong into a spec: Drover makes the tokens itself, keeps them sealed and gives them only to the hosts that need them'

/** Keys and values that look like secrets; their values are never shown. */
export const findSecrets = ({ doc, lines }: Source): readonly Fault[] => {
  const faults: Fault[] = []
  const add = (offset: number | undefined, path: string): void => {
    faults.push({ path, ...placeOf(lines, offset ?? 0), value: null, reason: REASON, nearest: null })
  }
  visit(doc, {
    Pair: (_key, { key }) => {
      if (!isScalar(key) || typeof key.value !== 'string' || key.value.includes('/')) return
      if (NAMES.test(key.value) && !HARMLESS.test(key.value)) add(key.range?.[0], key.value)
    },
    Scalar: (key, node) => {
      if (key !== 'key' && typeof node.value === 'string' && VALUES.test(node.value)) add(node.range?.[0], '')
    },
  })
  return faults
}
