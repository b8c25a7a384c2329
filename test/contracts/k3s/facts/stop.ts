import { expect } from 'vitest'
import { curl } from '../curl.ts'
import { findNode, readyNode } from '../nodes.ts'
import type { Chapter, Fact } from '../site.ts'
import { until } from '../until.ts'

const SHIMS = "ps -e -o args= | grep -c '^/var/lib/rancher/k3s/data/[^/]*/bin/containerd-shim' || :"

const survivors: Fact = {
  name: 'systemctl stop leaves shims, links, mounts and folders; the exit code is 0',
  check: async ({ server }) => {
    await until('a pod', async () => Number(await server.must(SHIMS)) > 0, 90_000)
    await server.must('systemctl stop k3s')
    expect(Number(await server.must(SHIMS))).toBeGreaterThan(0)
    expect(await server.must('systemctl show k3s -p ActiveState,ExecMainStatus')).toBe('ExecMainStatus=0\nActiveState=inactive\n')
    await server.must('ip link show flannel.1 && test -d /run/k3s && test -d /run/flannel && test -d /var/lib/kubelet && test -d /var/log/pods && test -d /var/log/containers')
    expect(await server.must('mount')).toMatch(/ \/(run\/k3s|var\/lib\/kubelet\/pods)\/\S+ /)
  },
}

const closed: Fact = {
  name: 'a stopped server: port 6443 is closed and kubectl says so with exit code 1',
  check: async ({ server }) => {
    await expect(curl(server, 'https://127.0.0.1:6443/ping')).rejects.toThrow(/exit 7/)
    const result = await server.exec(['kubectl', 'get', 'nodes'])
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?')
  },
}

const again: Fact = {
  name: 'started again: the same authorities and uid of kube-system, no second Node, the agent comes back by itself',
  check: async ({ server, agent }) => {
    const token = await server.must('cat /var/lib/rancher/k3s/server/token')
    const before = Number((await server.must('journalctl -q -o cat -u k3s | grep -c "generated self-signed CA" || :')).trim())
    await server.must('systemctl start k3s')
    expect(await server.must('cat /var/lib/rancher/k3s/server/token')).toBe(token)
    expect(Number((await server.must('journalctl -q -o cat -u k3s | grep -c "generated self-signed CA" || :')).trim())).toBe(before)
    await readyNode(server, server.name)
    await readyNode(server, agent.name)
    const first = (await findNode(server, agent.name))?.status.conditions.find((one) => one.type === 'Ready')
    expect(first?.status).toBe('True')
  },
}

/** What a stop leaves, and what a start finds. */
export const stop: Chapter = { title: 'stop and start', facts: [survivors, closed, again] }
