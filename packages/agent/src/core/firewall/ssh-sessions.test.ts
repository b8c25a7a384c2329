import { expect, test } from 'vitest'
import { sshPorts, sshSessions } from './ssh-sessions.ts'

const LISTENING = `LISTEN 0 128 0.0.0.0:2222 0.0.0.0:* users:(("sshd",pid=70,fd=3))
LISTEN 0 128 [::]:2222 [::]:* users:(("sshd",pid=70,fd=4))
LISTEN 0 128 *:22 *:* users:(("systemd",pid=1,fd=44))
LISTEN 0 128 *:9090 *:* users:(("systemd",pid=1,fd=45))
LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=9,fd=4))
`

const ESTABLISHED = `0 0 10.0.0.11:2222 10.0.0.2:50000
0 0 [::ffff:10.0.0.11]:22 [::ffff:10.0.0.3]:50001
0 36 [fe80::1%eth0]:22 [fe80::2%eth0]:50002
0 0 10.0.0.11:80 10.0.0.4:50003
0 0 10.0.0.11:40000 10.0.0.5:22

`

test('ports of sshd and of its socket unit, and 22 in any case', () => {
  expect(sshPorts(LISTENING)).toEqual([22, 2222])
  expect(sshPorts('')).toEqual([22])
})

test('sessions that came in to these ports, mapped addresses unwrapped', () => {
  expect(sshSessions(ESTABLISHED, [22, 2222])).toEqual([
    { local: '10.0.0.11', port: 2222, peer: '10.0.0.2' },
    { local: '10.0.0.11', port: 22, peer: '10.0.0.3' },
    { local: 'fe80::1', port: 22, peer: 'fe80::2' },
  ])
})
