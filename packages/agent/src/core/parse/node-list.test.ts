import { expect, it } from 'vitest'
import { parseNodeList } from './node-list.ts'

const columns = ['Name', 'Status', 'Roles', 'Age', 'Version', 'Internal-IP', 'External-IP'].map((name) => ({ name, type: 'string' }))
const row = (...cells: unknown[]): object => ({ cells, object: null })
const READY = { name: 'one', ready: true, cordoned: false, version: 'v1.36.2+k3s1', ip: '10.0.0.11' }

it('reads the short table', () => {
  const rows = [
    row('one', 'Ready', 'control-plane', '5m', 'v1.36.2+k3s1', '10.0.0.11', '<none>'),
    row('two', 'NotReady,SchedulingDisabled', '<none>', '5m', 'v1.36.2+k3s1', '10.0.0.12', '<none>'),
    row('three', 'Unknown'),
  ]
  expect(parseNodeList(JSON.stringify({ kind: 'Table', columnDefinitions: columns, rows }))).toEqual([
    READY,
    { name: 'three', ready: false, cordoned: false, version: '', ip: '' },
    { name: 'two', ready: false, cordoned: true, version: 'v1.36.2+k3s1', ip: '10.0.0.12' },
  ])
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
  expect(parseNodeList(JSON.stringify({ kind: 'NodeList', items: [one, two, { metadata: { name: 'three' } }] }))).toEqual([
    READY,
    { name: 'three', ready: false, cordoned: false, version: '', ip: '' },
    { name: 'two', ready: false, cordoned: true, version: '', ip: '' },
  ])
})

it.each(['', 'Unauthorized', '[]', '{"kind":"Status","code":403}', '{"items":[{}]}'])('is null for %j', (text) => {
  expect(parseNodeList(text)).toBeNull()
})

it('lets nothing through that would make the whole message refused', () => {
  const rows = [row('one', 'Ready', '', '', `${'v'.repeat(63)}\u{1F600}`, '10.0.0.11'), row('x'.repeat(254), 'Ready'), row('\uD83D', 'Ready'), row('', 'Ready')]
  expect(parseNodeList(JSON.stringify({ kind: 'Table', columnDefinitions: columns, rows }))).toEqual([{ ...READY, version: `${'v'.repeat(63)}\uFFFD` }])
})
