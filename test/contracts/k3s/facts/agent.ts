import { expect } from 'vitest'
import { curl } from '../curl.ts'
import { inOrder } from '../in-order.ts'
import { configureAgent } from '../install.ts'
import { findNode, readyNode } from '../nodes.ts'
import type { Chapter, Fact, Site } from '../site.ts'
import { until } from '../until.ts'

const joined: Fact = {
  name: 'systemctl start returns when the agent is up; its Node is registered then and Ready soon',
  check: async ({ server, agent }) => {
    expect(await agent.must('systemctl is-active k3s-agent')).toBe('active\n')
    expect(await findNode(server, agent.name)).toBeDefined()
    const node = await readyNode(server, agent.name)
    expect(node.metadata.labels).toMatchObject({ tier: 'web', gpu: 'true' })
    expect(Object.keys(node.metadata.labels).filter((label) => label.startsWith('node-role.'))).toEqual([])
    const settled = await until('the first taints are gone', async () => {
      const found = await findNode(server, agent.name)
      return found !== undefined && found.spec.taints.length < 2 && found
    })
    expect(settled.spec.taints).toEqual([{ key: 'dedicated', value: 'web', effect: 'NoSchedule' }])
  },
}

const ORDER = [
  'level=info msg="Starting k3s agent v1.36.2+k3s1 (',
  'msg="Running load balancer k3s-agent-load-balancer 127.0.0.1:6444 -> [] [default: ',
  'level=warning msg="Cluster CA certificate is not trusted by the host CA bundle, but the token does not include a CA hash.',
  'msg="Got apiserver addresses from supervisor: [',
  'level=info msg="k3s agent is up and running"',
  'Started k3s-agent.service',
]

const order: Fact = {
  name: 'it says these things in this order',
  check: async ({ agent }) => {
    expect(inOrder(await agent.journal('k3s-agent'), ORDER)).toEqual(ORDER)
  },
}

const balancer: Fact = {
  name: 'port 6444 of loopback leads to the server; the kubelet answers on 10248',
  check: async ({ server, agent }) => {
    const here = await curl(agent, 'https://127.0.0.1:6444/cacerts')
    expect(here).toEqual(await curl(server, 'https://127.0.0.1:6443/cacerts'))
    expect(await curl(agent, 'http://127.0.0.1:10248/healthz')).toEqual({ status: 200, body: 'ok' })
    expect(await agent.readFile('/var/lib/rancher/k3s/agent/etc/k3s-agent-load-balancer.json')).toContain(`${server.address}:6443`)
  },
}

const files: Fact = {
  name: 'an agent has its certificates below agent/, a node password, and no server/ folder',
  check: async ({ agent }) => {
    await agent.must('cd /var/lib/rancher/k3s && test -f agent/client-kubelet.crt && test -f agent/client-kubelet.key && ! test -e server')
    expect(await agent.must('stat -c %a /etc/rancher/node/password /var/lib/rancher/k3s/agent/client-kubelet.key')).toBe('600\n600\n')
  },
}

const secret: Fact = {
  name: 'the server keeps a node password secret for each node',
  check: async ({ server, agent }) => {
    const answer = await curl(server, `https://127.0.0.1:6443/api/v1/namespaces/kube-system/secrets/${agent.name}.node-password.k3s`, { admin: true })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatch(/"hash":/)
  },
}

const noKubectl: Fact = {
  name: 'kubectl on an agent has no cluster: exit code 1',
  check: async ({ agent }) => {
    const result = await agent.exec(['k3s', 'kubectl', 'get', 'nodes'])
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('The connection to the server localhost:8080 was refused - did you specify the right host or port?')
  },
}

const merged: Fact = {
  name: 'a restart merges changed and added labels; a dropped label and a dropped taint stay',
  check: async (site) => {
    const { agent, server } = site
    const text = (await agent.readFile('/etc/rancher/k3s/config.yaml')).replace('tier=web, gpu=true', 'tier=db, added=1').replace(/^node-taint:.*\n/m, '')
    await agent.writeFile('/etc/rancher/k3s/config.yaml', text, 0o600)
    await agent.must('systemctl restart k3s-agent')
    const node = await until('the changed label', async () => {
      const found = await findNode(server, agent.name)
      return found?.metadata.labels['tier'] === 'db' && found
    })
    expect(node.metadata.labels).toMatchObject({ tier: 'db', added: '1', gpu: 'true' })
    expect(node.spec.taints).toEqual([{ key: 'dedicated', value: 'web', effect: 'NoSchedule' }])
  },
}

const commandLine: Fact = {
  name: 'a list on the command line adds to the list of the files',
  check: async ({ agent, server }) => {
    await agent.must("sed -i 's|k3s agent|k3s agent --node-label cli=1|' /etc/systemd/system/k3s-agent.service && systemctl daemon-reload")
    await agent.must('sed -i "s/added=1/only-in-file=1/" /etc/rancher/k3s/config.yaml && systemctl restart k3s-agent')
    const node = await until('the label of the command line', async () => {
      const found = await findNode(server, agent.name)
      return found?.metadata.labels['cli'] === '1' && found
    })
    expect(node.metadata.labels['only-in-file']).toBe('1')
  },
}

const deleted: Fact = {
  name: 'a Node that is deleted while its agent runs stays away until the agent is started again',
  check: async ({ agent, server }) => {
    const before = await readyNode(server, agent.name)
    expect(await server.must(`kubectl delete node ${agent.name}`)).toMatch(new RegExp(`^node "${agent.name}" deleted`))
    await until('the complaint', async () => (await agent.journal('k3s-agent')).includes(`error="error getting node \\"${agent.name}\\": nodes \\"${agent.name}\\" not found"`))
    expect(await findNode(server, agent.name)).toBeUndefined()
    await agent.must('systemctl restart k3s-agent')
    expect((await readyNode(server, agent.name)).metadata.uid).not.toBe(before.metadata.uid)
  },
}

const lostPassword: Fact = {
  name: 'an agent that lost its node password is refused for ever, until its Node is deleted',
  check: async ({ agent, server }) => {
    await agent.must('systemctl stop k3s-agent && rm /etc/rancher/node/password /var/lib/rancher/k3s/agent/client-kubelet.* && systemctl start --no-block k3s-agent')
    const text =
      "Waiting to retrieve agent configuration; server is not ready: /var/lib/rancher/k3s/agent/serving-kubelet.crt: Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag"
    await until('the refusal', async () => (await agent.journal('k3s-agent')).includes(text))
    expect((await agent.exec(['systemctl', 'is-active', 'k3s-agent'])).stdout).toBe('activating\n')
    expect(await server.must(`kubectl delete node ${agent.name}`)).toMatch(new RegExp(`^node "${agent.name}" deleted`))
    await until('the agent is up', async () => (await agent.exec(['systemctl', 'is-active', 'k3s-agent'])).stdout === 'active\n')
    await readyNode(server, agent.name)
  },
}

const prepare = async (site: Site): Promise<void> => {
  await configureAgent(site)
  await site.agent.must('systemctl daemon-reload && systemctl start k3s-agent', { timeoutMs: 120_000 })
}

/** An agent's join, its files and its restarts. */
export const agent: Chapter = {
  title: 'an agent',
  prepare,
  facts: [joined, order, balancer, files, secret, noKubectl, merged, commandLine, deleted, lostPassword],
}
