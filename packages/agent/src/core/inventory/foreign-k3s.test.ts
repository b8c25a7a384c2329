import { expect, it } from 'vitest'
import { foreignK3s, K3S_TRACES } from './foreign-k3s.ts'

it.each<{ host: string; present: readonly string[]; marked?: true; found: readonly string[] }>([
  { host: 'a bare host', present: [], found: [] },
  { host: 'a k3s of its own installer', present: K3S_TRACES, found: K3S_TRACES },
  { host: 'what an uninstall left', present: ['/var/lib/rancher/k3s/server/db'], found: ['/var/lib/rancher/k3s/server/db'] },
  { host: 'images for an air gap and a node password', present: ['/var/lib/rancher/k3s/agent/images', '/etc/rancher/node/password'], found: [] },
  { host: 'a k3s that Drover installed', present: K3S_TRACES, marked: true, found: [] },
])('$host', ({ present, marked, found }) => {
  expect(foreignK3s(new Set(present), marked ?? false)).toEqual(found)
})
