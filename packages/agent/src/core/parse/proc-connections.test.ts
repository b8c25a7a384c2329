import { describe, expect, it } from 'vitest'
import { connectedTo } from './proc-connections.ts'

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00000A:094C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0B00000A:D1F2 0C00000A:094C 01 00000000:00000000 02:00000A2B 00000000     0        0 2 2 0 20 4 30 10 -1
   2: 0B00000A:D1F4 0C00000A:094C 01 00000000:00000000 02:00000A2B 00000000     0        0 3 2 0 20 4 30 10 -1
   3: 0B00000A:D1F6 0D00000A:094C 02 00000000:00000000 02:00000A2B 00000000     0        0 4 2 0 20 4 30 10 -1
   4: 0B00000A:094C 0D00000A:E0A2 01 00000000:00000000 02:00000A2B 00000000     0        0 5 2 0 20 4 30 10 -1
   5: 0B00000A:D1F8 0E00000A:192B 01 00000000:00000000 02:00000A2B 00000000     0        0 6 2 0 20 4 30 10 -1
`
const TCP6 = `  sl  local_address                         remote_address                        st
   0: 000000FD000000000000000011000000:D1F2 000000FD000000000000000012000000:094C 01 00000000:00000000
   1: 0000000000000000FFFF00000B00000A:D1F2 0000000000000000FFFF00000C00000A:094C 06 00000000:00000000
`

describe('connectedTo', () => {
  it('finds whom this host has dialled at the port, once each, and nobody whom it only tries or who dialled it', () => {
    expect([...connectedTo(TCP, 2380)]).toEqual(['10.0.0.12'])
  })

  it('writes IPv6 in its canonical form', () => {
    expect([...connectedTo(TCP6, 2380)]).toEqual(['fd00::12'])
  })

  it.each(['', '\n', '0: x y 01', '0: 0:094C zz:094C 01', '0: 0:094C 0C:094C 01'])('finds nobody in %j', (text) => expect(connectedTo(text, 2380).size).toBe(0))
})
