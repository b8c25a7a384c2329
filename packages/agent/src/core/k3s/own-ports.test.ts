import { expect, it } from 'vitest'
import { ownPorts } from './own-ports.ts'

const ETCD = [2379, 2380, 2381, 2382]

it.each([
  ['server', ['cluster-init'], ETCD],
  ['server', ['server', 'token-file'], ETCD],
  ['server', ['token-file'], []],
  ['agent', ['server'], []],
] as const)('of a %s with %j: the ports of etcd are %j', (role, keys, etcd) => {
  expect(ownPorts(role, keys).filter((port) => port < 3000)).toEqual(etcd)
  expect(ownPorts(role, keys)).toContain(10250)
})

it('leaves out what the config moves elsewhere', () => {
  expect(ownPorts('server', ['https-listen-port', 'lb-server-port'])).not.toContain(6443)
  expect(ownPorts('server', ['https-listen-port', 'lb-server-port'])).not.toContain(6444)
})
