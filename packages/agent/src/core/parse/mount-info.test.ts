import { expect, it } from 'vitest'
import { mountOf } from './mount-info.ts'

const INFO = `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:21 / /proc rw - proc proc rw
40 22 8:16 / /var/lib/rancher rw,noatime shared:9 master:2 - ext4 /dev/sdb rw
41 40 8:32 / /var/lib/rancher rw - xfs /dev/sdc rw
42 22 0:50 / /mnt/a\\040b rw - nfs4 server:/x rw
broken
`

it.each([
  ['/var/lib/rancher/k3s', { point: '/var/lib/rancher', filesystem: 'xfs' }],
  ['/var/lib/rancher', { point: '/var/lib/rancher', filesystem: 'xfs' }],
  ['/var/lib/rancherous', { point: '/', filesystem: 'ext4' }],
  ['/mnt/a b/c', { point: '/mnt/a b', filesystem: 'nfs4' }],
])('%s', (path, expected) => {
  expect(mountOf(INFO, path)).toEqual(expected)
})

it('is null where nothing is known', () => {
  expect(mountOf('', '/')).toBeNull()
})
