import { createHash } from 'node:crypto'

/** What k3s is on a simulated host. */
export const BINARY = new TextEncoder().encode('k3s v1.36.2+k3s1\n')
const SHA = createHash('sha256').update(BINARY).digest('hex')

/**
 * A story: hosts, and the specs that a person approves one after the other, each once the run of the one before is done; `stays`:
 * how many servers the last one means, where the others are to leave; `goesBack`: in the end somebody has the cluster put back to a
 * snapshot, which is when what happens begins to happen.
 */
export type Story = { readonly name: string; readonly servers: number; readonly agents: number; readonly specs: readonly string[]; readonly stays?: number; readonly goesBack?: true }

const names = (count: number): string => Array.from({ length: count }, (_, index) => `s${String(index + 1)}`).join(', ')

/** A spec of the first servers, on a datastore, and all agents. */
const specOf = (servers: number, datastore: 'etcd' | 'sqlite'): string => `cluster: home
k3s: { version: v1.36.2+k3s1, origin: file, sha256: { amd64: ${SHA} } }
datastore: ${datastore}
servers: { names: [${names(servers)}] }
agents: { select: { role: worker } }
network: { node: 10.0.0.0/24 }
snapshots: false
`

/** Every story by its name. */
export const STORIES: Readonly<Record<string, Story>> = Object.fromEntries(
  ([
    { name: 'one', servers: 1, agents: 1, specs: [specOf(1, 'sqlite')] },
    { name: 'three', servers: 3, agents: 2, specs: [specOf(3, 'etcd')] },
    { name: 'three-and-one', servers: 3, agents: 1, specs: [specOf(3, 'etcd')] },
    { name: 'five', servers: 5, agents: 2, specs: [specOf(5, 'etcd')] },
    { name: 'sqlite-to-three', servers: 3, agents: 1, specs: [specOf(1, 'sqlite'), specOf(3, 'etcd')] },
    { name: 'five-to-three', servers: 5, agents: 1, specs: [specOf(5, 'etcd'), specOf(3, 'etcd')], stays: 3 },
    { name: 'three-to-one', servers: 3, agents: 1, specs: [specOf(3, 'etcd'), specOf(1, 'etcd')], stays: 1 },
    { name: 'three-back', servers: 3, agents: 1, specs: [specOf(3, 'etcd')], goesBack: true },
    { name: 'one-to-three', servers: 3, agents: 1, specs: [specOf(1, 'etcd'), specOf(3, 'etcd')] },
  ] satisfies readonly Story[]).map((story) => [story.name, story]),
)
