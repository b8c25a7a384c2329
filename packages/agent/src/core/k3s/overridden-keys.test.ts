import { expect, it } from 'vitest'
import { overriddenKeys } from './overridden-keys.ts'

const ours = { name: '50-drover.yaml', text: 'node-ip: 10.0.0.1\ndisable:\n  - traefik\n' }

it('names the last later file that sets a key of ours', () => {
  const others = [
    { name: '99-last.yaml', text: 'disable+:\n- x\n' },
    { name: '60-mine.yaml', text: 'disable:\n- y\nnode-ip: 1.2.3.4\nprofile: x\n' },
    { name: '10-first.yaml', text: 'node-ip: 9.9.9.9\n' },
    { name: '50-drover.yaml', text: 'node-ip: 8.8.8.8\n' },
  ]
  expect(overriddenKeys(ours, others)).toEqual({ 'node-ip': '60-mine.yaml', disable: '99-last.yaml' })
  expect(overriddenKeys(ours, [])).toEqual({})
})
