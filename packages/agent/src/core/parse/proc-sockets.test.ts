import { expect, it } from 'vitest'
import { parseProcSockets } from './proc-sockets.ts'

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 27811 1 0000000000000000 100 0 0 10 0
   1: 0B00000A:0016 0200000A:B2C4 01 00000000:00000000 02:000A1B2C 00000000     0        0 31002 2 0000000000000000 20 4 29 10 -1
   2: garbage
`
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  10: 00000000000000000000000000000000:2118 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 0 2 0000000000000000 0
`

it('reads listening TCP sockets and bound UDP sockets', () => {
  expect(parseProcSockets('tcp', TCP)).toEqual([{ proto: 'tcp', port: 6443, inode: '27811' }])
  expect(parseProcSockets('udp', UDP6)).toEqual([{ proto: 'udp', port: 8472, inode: '0' }])
  expect(parseProcSockets('tcp', '')).toEqual([])
})
