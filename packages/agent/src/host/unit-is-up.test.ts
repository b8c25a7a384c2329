import { expect, test } from 'vitest'
import type { HostReader, UnitState } from './host.ts'
import { unitIsUp } from './unit-is-up.ts'

const unit = (active: string, sub: string): UnitState => ({ load: 'loaded', active, sub, enabled: true, restarts: 0, invocation: 'i' }) as unknown as UnitState
const host = (flannel: boolean, healthz: string | null): HostReader =>
  ({
    stat: async () => (flannel ? { kind: 'file', bytes: 1, modifiedMs: 1 } : null),
    get: async () => (healthz === null ? null : { status: healthz === 'ok' ? 200 : 500, body: healthz }),
  }) as unknown as HostReader

test('an active unit is up, whatever its role', async () => {
  expect(await unitIsUp(host(false, null), 'server', unit('active', 'running'))).toBe(true)
  expect(await unitIsUp(host(false, null), 'agent', unit('active', 'running'))).toBe(true)
})

test('an agent that systemd still calls activating is up once kubelet and flannel are', async () => {
  expect(await unitIsUp(host(true, 'ok'), 'agent', unit('activating', 'start'))).toBe(true)
  expect(await unitIsUp(host(false, 'ok'), 'agent', unit('activating', 'start'))).toBe(false)
  expect(await unitIsUp(host(true, 'etcd failed'), 'agent', unit('activating', 'start'))).toBe(false)
  expect(await unitIsUp(host(true, null), 'agent', unit('activating', 'start'))).toBe(false)
})

test('a server and a crash loop are not judged by the kubelet', async () => {
  expect(await unitIsUp(host(true, 'ok'), 'server', unit('activating', 'start'))).toBe(false)
  expect(await unitIsUp(host(true, 'ok'), 'agent', unit('activating', 'auto-restart'))).toBe(false)
})
