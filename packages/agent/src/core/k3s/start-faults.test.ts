import { describe, expect, it } from 'vitest'
import { lastSaid, startFault, startWaits } from './start-faults.ts'

const line = (level: string, text: string): string => `time="2026-11-21T09:42:03Z" level=${level} msg="${text}"`
const NOISE = [line('info', 'Starting k3s v1.36.2+k3s1 (af977adf)'), line('warning', 'Cluster CA certificate is not trusted by the host CA bundle')]
const prepare = 'Error: preparing server: failed to bootstrap cluster data:'

const WAITING = [
  ['Waiting for other members to finish joining etcd cluster: etcdserver: too many learner members in cluster', 'another server is joining'],
  ['Waiting for other members to finish joining etcd cluster: etcdserver: unhealthy cluster', 'etcd takes no new member until'],
  ['Waiting for other members to finish joining etcd cluster', 'other servers are to finish'],
  ['Failed to test etcd connection: this server has not yet been promoted from learner to voting member', 'a learner that waits for its vote'],
  ['Failed to test etcd connection: failed to get etcd status: rpc error: dial tcp 127.0.0.1:2379: connect: connection refused', 'is to hear from the others'],
] as const

describe('startFault', () => {
  it.each([
    ['k3s.token', line('fatal', `${prepare} failed to check if bootstrap data has been initialized: failed to validate token: token CA hash does not match the Cluster CA certificate hash: aa != bb`)],
    ['k3s.token', line('fatal', `${prepare} not authorized`)],
    ['k3s.token', line('fatal', 'Error: --token is required')],
    ['k3s.token', line('fatal', `${prepare} bootstrap data already found and encrypted with different token`)],
    ['k3s.bootstrap-cut', line('fatal', `${prepare} failed to reconcile with local datastore: no bootstrap data found in datastore - check server token value and verify datastore integrity`)],
    ['k3s.bootstrap-cut', line('fatal', `${prepare} failed to reconcile with local datastore: failed to create temporary datastore client: failed to read consistent index`)],
    ['k3s.start', line('fatal', "yaml: line 1: did not find expected ',' or ']'")],
    ['k3s.mismatch', line('fatal', `${prepare} failed to validate server configuration: critical configuration value mismatch between servers`)],
    ['k3s.node-name', line('error', String.raw`Shutdown request received: \"etcd cluster join failed: duplicate node name found, please use a unique name for this node\"`)],
    ['k3s.removed', '{"level":"warn","ts":"t","caller":"etcdserver/server.go:863","msg":"server error","error":"the member has been permanently removed from the cluster"}'],
    ['k3s.removed', line('info', 'This node has been removed from the cluster - please restart k3s to rejoin the cluster')],
    ['k3s.start', line('error', String.raw`Shutdown request received: \"kubelet exited: failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1.\"`)],
    ['k3s.start', 'E1121 15:11:38.147452    1921 kubelet.go:1649] "Failed to start ContainerManager" err="invalid kernel flag: kernel/panic, expected value: 10, actual value: 0"'],
    ['k3s.port', line('fatal', 'starting kubernetes: listen tcp :6443: bind: address already in use')],
  ] as const)('believes %s at once where k3s says so itself', (code, fatal) => {
    expect(startFault([...NOISE, fatal])).toMatchObject({ code, line: fatal })
  })

  it.each([
    ['k3s.token', line('info', 'Waiting to retrieve agent configuration; server is not ready: failed to retrieve configuration from server: not authorized')],
    ['k3s.start', line('info', "Waiting to retrieve agent configuration; server is not ready: serving-kubelet.crt: Node password rejected, duplicate hostname")],
    ['k3s.unreached', line('fatal', `${prepare} failed to get CA certs: dial tcp 10.0.0.9:6443: connect: no route to host`)],
    ['k3s.unreached', line('fatal', String.raw`${prepare} Get \"https://10.0.0.9:6443/v1-k3s/server-bootstrap\": dial tcp 10.0.0.9:6443: connect: no route to host`)],
    ['k3s.start', line('fatal', `${prepare} failed to reconcile with local datastore: dial tcp 127.0.0.1:2399: connect: connection refused`)],
    ['k3s.start', line('fatal', 'starting kubernetes: something new')],
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
    const joining = WAITING.map(([text]) => line('info', text))
    expect(startFault([...NOISE, ...Array.from({ length: 99 }, () => joining).flat(), line('warning', 'Skipping cluster configuration validation: not authorized')])).toBeNull()
  })

  it('names the settings that differ', () => {
    const warned = ['disable-helm-controller', 'ClusterIPRange.IP.slice[13]', 'disable-helm-controller'].map((flag) => line('warning', `critical configuration mismatched: ${flag}`))
    const fatal = line('fatal', `${prepare} failed to validate server configuration: critical configuration value mismatch between servers`)
    expect(startFault([...NOISE, ...warned, fatal])?.words).toBe('settings that must be the same on all servers differ (disable-helm-controller, ClusterIPRange.IP.slice[13])')
  })

  it('believes that a join failed once that happened twice', () => {
    const failed = line('error', String.raw`Shutdown request received: \"etcd cluster join failed: rpc error: code = Unavailable\"`)
    expect(startFault([...NOISE, failed])).toBeNull()
    expect(startFault([failed, ...NOISE, failed])).toMatchObject({ code: 'k3s.join', words: 'etcd does not take it in' })
  })
})

describe('lastSaid', () => {
  it('is the last message, cut to 200 characters', () => {
    expect(lastSaid([...NOISE, 'I1121 without a message'])).toBe('Cluster CA certificate is not trusted by the host CA bundle')
    expect(lastSaid([line('info', 'x'.repeat(300))])).toHaveLength(200)
    expect(lastSaid([])).toBe('')
  })
})

describe('startWaits', () => {
  it.each(WAITING)('explains %s', (text, words) => {
    expect(startWaits([...NOISE, line('info', text), '{"level":"info","caller":"etcdserver/server.go:1152","msg":"of etcd"}'])).toMatch(words)
    expect(startWaits([...NOISE, line('info', text)])).toContain(`(${text})`)
  })

  it('is what k3s says itself where that is all', () => {
    expect(startWaits(NOISE)).toBe('Cluster CA certificate is not trusted by the host CA bundle')
    expect(startWaits([])).toBe('')
  })
})
