import { expect, it } from 'vitest'
import { parseNodeList } from './node-list.ts'

const columns = ['Name', 'Status', 'Roles', 'Age', 'Version', 'Internal-IP', 'External-IP'].map((name) => ({ name, type: 'string' }))
const row = (...cells: unknown[]): object => ({ cells, object: null })
const READY = { ready: true, cordoned: false, version: 'v1.36.2+k3s1', ip: '10.0.0.11' }

it('reads the short table', () => {
  const rows = [
    row('one', 'Ready', 'control-plane', '5m', 'v1.36.2+k3s1', '10.0.0.11', '<none>'),
    row('two', 'NotReady,SchedulingDisabled', '<none>', '5m', 'v1.36.2+k3s1', '10.0.0.12', '<none>'),
    row('three', 'Unknown'),
  ]
  expect(parseNodeList(JSON.stringify({ kind: 'Table', columnDefinitions: columns, rows }))).toEqual({
    one: READY,
    two: { ready: false, cordoned: true, version: 'v1.36.2+k3s1', ip: '10.0.0.12' },
    three: { ready: false, cordoned: false, version: '', ip: '' },
  })
})

it('reads the whole list', () => {
  const one = {
    metadata: { name: 'one', labels: {} },
    spec: { podCIDR: '10.42.0.0/24' },
    status: {
      conditions: [{ type: 'MemoryPressure', status: 'False' }, { type: 'Ready', status: 'True' }],
      nodeInfo: { kubeletVersion: 'v1.36.2+k3s1' },
      addresses: [{ type: 'Hostname', address: 'one' }, { type: 'InternalIP', address: '10.0.0.11' }],
    },
  }
  const two = { metadata: { name: 'two' }, spec: { unschedulable: true }, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }
  expect(parseNodeList(JSON.stringify({ kind: 'NodeList', items: [one, two, { metadata: { name: 'three' } }] }))).toEqual({
    one: READY,
    two: { ready: false, cordoned: true, version: '', ip: '' },
    three: { ready: false, cordoned: false, version: '', ip: '' },
  })
})

it.each(['', 'Unauthorized', '[]', '{"kind":"Status","code":403}', '{"items":[{}]}'])('is null for %j', (text) => {
  expect(parseNodeList(text)).toBeNull()
})
