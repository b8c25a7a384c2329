import { CLUSTER, HOST, IDS, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { run } from '@drover/test/kit/cli/run-command.ts'
import { describe, expect, it } from 'vitest'

describe('one thing', () => {
  it('is described with the age of each fact', async () => {
    expect((await run(['describe', 'host', 'node-1'], { answers: { 'GET /api/v1/hosts/node-1': HOST } })).said.out).toMatchInlineSnapshot(`
      "Host node-1   active   connected   from 10.0.0.11
        id h-aaaaaaaaaaaaaaaa   key SHA256:abc   agent 0.1.0   enrolled 2 h ago
        cluster home   role server   node ready   clock 3 ms
        labels role=server

      k3s (4 s ago)
        active   v1.36.2+k3s1

      Firewall (4 s ago)
        on, rules ffffffffffff, put back 1 time

      Hardware (60 s ago)
        QEMU Standard PC (virtual)   BIOS SeaBIOS 1
        Debian 12, kernel 6.1, amd64
        4 CPUs Test, 8192 MB of memory
        disk /dev/vda SSD 40000 MB VIRTIO

      Network (60 s ago)
        eth0 up 52:54:00:00:00:01 mtu 1500 hardware: 10.0.0.11/24
        default route: 10.0.0.254 on eth0   evidence: default via 10.0.0.254 dev eth0

      State (17 min ago, STALE: nothing is planned on it)
        -
      "
    `)
  })

  it('has a status in which every wait is explained', async () => {
    const answers = { 'GET /api/v1/clusters/home': CLUSTER, 'GET /api/v1/clusters': [CLUSTER], [`GET /api/v1/runs/${IDS.run}`]: RUN }
    expect((await run(['status', 'home'], { answers })).said.out).toMatchInlineSnapshot(`
      "Cluster home   API up   https://10.0.0.11:6443   revision 1

      HOST    ROLE    ADDRESS    AGENT      K3S     NODE   FIREWALL  VERSION       SEEN
      node-1  server  10.0.0.11  connected  active  ready  on        v1.36.2+k3s1  4 s ago

      Run run-aaaaaaaaaaaaaaaa   running   1 of 6 steps   60 s
        node-2  install k3s v1.36.2+k3s1 from release  applying, 40 s: fetched 12 MB
        WAIT node-2: kubelet not Ready, 4 s, ends when Ready, gives up at 5 min
      "
    `)
    expect(JSON.parse((await run(['status', '-o', 'json'], { answers })).said.out)).toHaveLength(1)
  })
})
