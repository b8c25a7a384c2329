import { type HelloBody, type Said, say } from '@drover/protocol'
import type { HostRow } from '../store/hosts.ts'

/** The host name as a free name: lower case, without its domain, with a number where another host has it. */
export const freeName = (others: readonly HostRow[], hostname: string): string => {
  const base = (hostname.toLowerCase().split('.')[0] ?? '').replaceAll(/[^a-z0-9-]/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 55) || 'host'
  const taken = new Set(others.map((host) => host.name))
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${String(number)}`
    if (!taken.has(name) && name !== 'local') return name
  }
}

/**
 * What a newcomer shares with known hosts, never merged by itself. Same machine-id but another product uuid or MACs: a
 * cloned template. All of them the same under a new key: a reinstalled machine; boards without a product uuid have none twice.
 */
export const machineFindings = (others: readonly HostRow[], hello: HelloBody): Said[] => {
  const host = hello.hostname
  return others
    .filter((other) => other.state !== 'revoked' && same(other.machine.machineId, hello.machine.machineId))
    .map((other) =>
      other.machine.productUuid === hello.machine.productUuid && same(other.machine.macs, hello.machine.macs)
        ? say('host.reinstalled', { host, other: other.name })
        : say('host.same-machine', { host, other: other.name }),
    )
}

const same = (a: string | null, b: string | null): boolean => a !== null && a === b
