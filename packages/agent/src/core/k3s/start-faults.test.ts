import { describe, expect, it } from 'vitest'
import { lastSaid, startFault } from './start-faults.ts'

const line = (level: string, text: string): string => `time="2026-11-21T09:42:03Z" level=${level} msg="${text}"`
const NOISE = [line('info', 'Starting k3s v1.36.2+k3s1 (af977adf)'), line('warning', 'Cluster CA certificate is not trusted by the host CA bundle')]
const prepare = 'Error: preparing server: failed to bootstrap cluster data:'

describe('startFault', () => {
  it.each([
    ['k3s.token', line('fatal', `${prepare} failed to check if bootstrap data has been initialized: failed to validate token: token CA hash does not match the Cluster CA certificate hash: aa != bb`)],
    ['k3s.token', line('fatal', `${prepare} not authorized`)],
    ['k3s.token', line('fatal', 'Error: --token is required')],
    ['k3s.token', line('fatal', `${prepare} bootstrap data already found and encrypted with different token`)],
    ['k3s.bootstrap-cut', line('fatal', `${prepare} failed to reconcile with local datastore: no bootstrap data found in datastore - check server token value and verify datastore integrity`)],
    ['k3s.bootstrap-cut', line('fatal', `${prepare} failed to reconcile with local datastore: failed to create temporary datastore client: failed to read consistent index`)],
    ['k3s.start', line('fatal', "yaml: line 1: did not find expected ',' or ']'")],
    ['k3s.start', line('fatal', `${prepare} failed to validate server configuration: critical configuration value mismatch between servers`)],
    ['k3s.start', line('error', String.raw`Shutdown request received: \"kubelet exited: failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1.\"`)],
    ['k3s.start', 'E1121 15:11:38.147452    1921 kubelet.go:1649] "Failed to start ContainerManager" err="invalid kernel flag: kernel/panic, expected value: 10, actual value: 0"'],
    ['k3s.port', line('fatal', 'starting kubernetes: listen tcp :6443: bind: address already in use')],
  ] as const)('believes %s at once where k3s says so itself', (code, fatal) => {
    expect(startFault([...NOISE, fatal])).toMatchObject({ code, line: fatal })
  })

  it.each([
    ['k3s.token', line('info', 'Waiting to retrieve agent configuration; server is not ready: failed to retrieve configuration from server: not authorized')],
    ['k3s.start', line('info', "Waiting to retrieve agent configuration; server is not ready: serving-kubelet.crt: Node password rejected, duplicate hostname")],
    ['k3s.start', line('fatal', `${prepare} failed to get CA certs: dial tcp 10.0.0.9:6443: connect: no route to host`)],
  ] as const)('believes %s only when it comes again and again', (code, vague) => {
    expect(startFault([vague, ...NOISE, vague])).toBeNull()
    expect(startFault([vague, ...NOISE, vague, vague])).toMatchObject({ code })
  })

  it('believes that k3s ended with a part of it once that happened twice', () => {
    const ended = line('error', String.raw`Shutdown request received: \"flannel exited: no such device\"`)
    expect(startFault([...NOISE, ended])).toBeNull()
    expect(startFault([ended, ...NOISE, ended])).toMatchObject({ code: 'k3s.start' })
    expect(startFault([line('info', 'Shutdown request received'), line('info', 'Shutdown request received')])).toBeNull()
    expect(lastSaid([ended])).toBe('Shutdown request received: "flannel exited: no such device"')
  })

  it('says nothing of a log that only waits', () => {
    expect(startFault([...NOISE, line('info', 'Waiting for API server to become available'), 'I1121 09:40:03.388305 103 iptables.go:101] not authorized'])).toBeNull()
  })
})

describe('lastSaid', () => {
  it('is the last message, cut to 200 characters', () => {
    expect(lastSaid([...NOISE, 'I1121 without a message'])).toBe('Cluster CA certificate is not trusted by the host CA bundle')
    expect(lastSaid([line('info', 'x'.repeat(300))])).toHaveLength(200)
    expect(lastSaid([])).toBe('')
  })
})
