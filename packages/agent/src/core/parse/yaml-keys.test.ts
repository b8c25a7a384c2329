import { renderConfig } from '@drover/protocol'
import { expect, it } from 'vitest'
import { yamlTopKeys } from './yaml-keys.ts'

it('reads the keys at the left margin, in any of their forms', () => {
  const text = `# node-ip: commented
node-ip: 10.0.0.1
"disable":
  - traefik
disable+:
- servicelb
'write-kubeconfig-mode': "0600"
kubelet-arg:
  nested: 1
data-dir : /x
url:http://no-space
---
`
  expect(yamlTopKeys(text)).toEqual(['node-ip', 'disable', 'write-kubeconfig-mode', 'kubelet-arg', 'data-dir'])
})

it('reads every key that Drover writes', () => {
  const config = { 'node-name': 'one', disable: ['traefik', 'a: b'], 'secrets-encryption': true, 'https-listen-port': 6443 }
  expect(yamlTopKeys(renderConfig(config))).toEqual(Object.keys(config).toSorted())
})
