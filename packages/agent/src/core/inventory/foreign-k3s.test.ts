import { expect, it } from 'vitest'
import { foreignK3s, K3S_TRACES } from './foreign-k3s.ts'

it.each<[string, readonly string[], boolean, readonly string[]]>([
  ['a bare host', [], false, []],
  ['a k3s of its own installer', K3S_TRACES, false, K3S_TRACES],
  ['what an uninstall left', ['/var/lib/rancher/k3s/server/db'], false, ['/var/lib/rancher/k3s/server/db']],
  ['images for an air gap and a node password', ['/var/lib/rancher/k3s/agent/images', '/etc/rancher/node/password'], false, []],
  ['a k3s that Drover installed', K3S_TRACES, true, []],
])('%s', (_, present, marked, found) => {
  expect(foreignK3s(new Set(present), marked)).toEqual(found)
})
