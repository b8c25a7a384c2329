import { describe, expect, it } from 'vitest'
import type { Socket } from '../parse/proc-sockets.ts'
import { k3sSockets, usedPorts } from './used-ports.ts'

const tcp = (port: number, inode: string): Socket => ({ proto: 'tcp', port, inode })
const vxlan: Socket = { proto: 'udp', port: 8472, inode: '0' }

describe('usedPorts', () => {
  it('names each port of k3s once with its holder, in order, and nothing else', () => {
    const sockets = [tcp(10250, '3'), tcp(6443, '1'), tcp(6443, '2'), tcp(22, '4'), tcp(2379, '5'), vxlan, { ...vxlan, port: 6443 }]
    const owners = new Map([['1', { name: 'nginx', ours: false }], ['2', { name: 'nginx', ours: false }]])
    expect(usedPorts(sockets, owners, false)).toEqual(['tcp/10250', 'tcp/6443 (nginx)', 'udp/8472'])
  })

  it('counts nothing of our own k3s, and a holder that cannot be seen as its while it runs', () => {
    const owners = new Map([['1', { name: 'k3s-server', ours: true }], ['3', { name: 'haproxy', ours: false }]])
    expect(usedPorts([tcp(6443, '1'), tcp(6444, '2'), tcp(10250, '3'), vxlan], owners, true)).toEqual(['tcp/10250 (haproxy)'])
  })

  it('asks only for owners of ports that matter', () => {
    expect(k3sSockets([tcp(80, '1'), tcp(10259, '2')])).toEqual([tcp(10259, '2')])
  })
})
