import { parseSpec } from '../../../packages/coordinator/src/core/spec/parse-spec.ts'

/** A spec without fault. */
export const GOOD = `cluster: prod
k3s: { version: v1.36.2+k3s1, origin: release }
datastore: sqlite
servers: { count: 1, spread: site }
agents: { select: { role: worker } }
network: { node: 10.0.0.0/24 }
apiEndpoint: 10.0.0.11
options: { disable: [traefik] }
`

/** The faults of a spec, each as `LINE:COLUMN PATH: REASON`. */
export const faultsOf = (text: string): readonly string[] => parseSpec(text).faults.map(({ line, column, path, reason }) => `${line}:${column} ${path}: ${reason}`)

/** The good spec with one more line. */
export const withLine = (line: string): string => `${GOOD}${line}\n`

/** The good spec with another text in the place of one that it holds. */
export const replaced = (from: string, to: string): string => {
  if (!GOOD.includes(from)) throw new Error(`${from} is not in the spec`)
  return GOOD.replace(from, to)
}
