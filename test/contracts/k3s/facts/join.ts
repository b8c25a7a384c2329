import { expect } from 'vitest'
import { gateway, memberOf, promote, readHealth, readMembers, readStatus, voter } from '../etcd-members.ts'
import { activeState, configureMember, type EtcdChapter, type EtcdFact, type EtcdSite, joining } from '../etcd-site.ts'
import { inOrder } from '../in-order.ts'
import { unitText, writeConfig } from '../install.ts'
import { findNode, readyNode } from '../nodes.ts'
import { SECRETS } from '../site.ts'
import { cleanSlate, tryK3s } from '../trial.ts'
import { until } from '../until.ts'

const LIMIT = 180_000
const active = (host: EtcdSite['first']) => until(`${host.name} is up`, async () => (await activeState(host)) === 'active', LIMIT)

const held: EtcdFact = {
  name: 'a learner holds up the next joiner, which says so and waits; taken out through the gateway it lets it in',
  check: async ({ first, second }) => {
    const nobody = 'https://10.0.0.199:2380'
    expect((await gateway(first, '/v3/cluster/member/add', { peerURLs: [nobody], isLearner: true })).status).toBe(200)
    await configureMember(second, joining(first))
    await second.must('systemctl start --no-block k3s')
    const words = 'msg="Waiting for other members to finish joining etcd cluster: etcdserver: too many learner members in cluster"'
    await until('the words', async () => (await second.journal('k3s')).includes(words), LIMIT)
    expect([await activeState(second), await readHealth(first)]).toEqual(['activating', expect.stringMatching(/"true"/)])
    const learner = (await readMembers(first)).find((member) => member.peerURLs.includes(nobody))
    expect(learner?.isLearner).toBe(true)
    expect((await gateway(first, '/v3/cluster/member/remove', { ID: learner?.ID })).status).toBe(200)
    await until('the second server is a member', async () => memberOf(await readMembers(first), second), LIMIT)
  },
}

const promoted: EtcdFact = {
  name: 'promoted through the gateway of a voter it comes up, with both roles',
  check: async ({ first, second }) => {
    const member = await promote(first, second)
    await active(second)
    expect(memberOf(await readMembers(second), second)?.ID).toBe(member.ID)
    await readyNode(second, second.name)
    const labels = await until('both roles', async () => {
      const found = (await findNode(first, second.name))?.metadata.labels
      return found?.['node-role.kubernetes.io/etcd'] !== undefined && found
    })
    expect(labels['node-role.kubernetes.io/control-plane']).toBe('true')
  },
}

const ORDER = [
  'msg="Managed etcd cluster not yet initialized"',
  'msg="Reconciling bootstrap data between datastore and disk"',
  'msg="Wrote kubeconfig /etc/rancher/k3s/k3s.yaml"',
  'msg="Adding member ',
  'msg="Connection to etcd is ready"',
  'msg="Saving cluster bootstrap data to datastore"',
  'msg="Bootstrap key already exists"',
  'msg="k3s is up and running"',
]

const order: EtcdFact = {
  name: 'a joining server says these things in this order',
  check: async ({ second }) => {
    expect(inOrder(await second.journal('k3s'), ORDER)).toEqual(ORDER)
  },
}

const again: EtcdFact = {
  name: 'a voter cannot be promoted once more, and the gateway says why',
  check: async ({ first, second }) => {
    const answer = await gateway(first, '/v3/cluster/member/promote', { ID: memberOf(await readMembers(first), second)?.ID })
    // 400, or 412 before 3.5
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.body).toContain('etcdserver: can only promote a learner member')
  },
}

const shared: EtcdFact = {
  name: 'all servers serve the same objects, of the same authorities',
  check: async ({ first, second }) => {
    await second.must('kubectl create configmap by-second -n default --from-literal=a=b')
    expect(await first.must('kubectl get configmap by-second -n default -o name')).toBe('configmap/by-second\n')
    const hash = 'sha256sum < /var/lib/rancher/k3s/server/tls/server-ca.crt'
    expect(await second.must(hash)).toBe(await first.must(hash))
    expect(await second.must('cat /var/lib/rancher/k3s/server/token')).toBe(await first.must('cat /var/lib/rancher/k3s/server/token'))
  },
}

const byLeader: EtcdFact = {
  name: 'the leader promotes by itself: a third server comes up with nobody helping',
  check: async ({ first, second, third }) => {
    await configureMember(third, joining(second))
    await third.must('systemctl start k3s', { timeoutMs: LIMIT })
    await voter(first, third)
    expect((await readMembers(first)).map((member) => member.isLearner)).toEqual([false, false, false])
    await readyNode(third, third.name)
  },
}

const duplicate: EtcdFact = {
  name: 'a joining server with the node name of a member: says so, exit code 0, and the members stay as they are',
  check: async ({ first, second, agent }) => {
    const before = await readMembers(first)
    await cleanSlate(agent)
    await configureMember(agent, `${joining(first)}\n`)
    await writeConfig(agent, 'config.yaml.d/90-name.yaml', `node-name: ${second.name}\n`)
    const trial = await tryK3s(agent, { words: 'server', until: 'its end' })
    expect(trial.text).toContain('msg="Shutdown request received: \\"etcd cluster join failed: duplicate node name found, please use a unique name for this node\\""')
    expect([trial.running, trial.code]).toEqual([false, 0])
    expect(await readMembers(first)).toEqual(before)
    await cleanSlate(agent)
  },
}

const different: EtcdFact = {
  name: 'a joining server with another value of an option that has to be the same: names it, exit code 1, and the members stay as they are',
  check: async ({ first, agent }) => {
    const before = await readMembers(first)
    await cleanSlate(agent)
    await configureMember(agent, `${joining(first)}\n`)
    await writeConfig(agent, 'config.yaml.d/90-other.yaml', 'disable-helm-controller: false\n')
    const trial = await tryK3s(agent, { words: 'server', until: 'its end' })
    expect(trial.text).toContain('level=warning msg="critical configuration mismatched: disable-helm-controller"')
    expect(trial.text).toContain('failed to validate server configuration: critical configuration value mismatch between servers"')
    expect([trial.running, trial.code]).toEqual([false, 1])
    expect(await readMembers(first)).toEqual(before)
    await cleanSlate(agent)
  },
}

const rejoined: EtcdFact = {
  name: 'a member that is restarted is the same member again, with no join',
  check: async ({ first, second }) => {
    const before = await readMembers(first)
    const joins = async (): Promise<number> => (await second.journal('k3s')).split('Adding member ').length
    const joined = await joins()
    await second.must('systemctl restart k3s', { timeoutMs: LIMIT })
    expect(await readMembers(first)).toEqual(before)
    expect(await joins()).toBe(joined)
  },
}

const agentJoins: EtcdFact = {
  name: 'an agent joins through any server',
  check: async ({ first, second, agent }) => {
    await writeConfig(agent, 'agent-token', `${SECRETS.agent}\n`)
    await writeConfig(agent, 'config.yaml', `token-file: /etc/rancher/k3s/agent-token\nserver: https://${second.address}:6443\nnode-ip: ${agent.address}\nflannel-iface: eth0\n`)
    await agent.writeFile('/etc/systemd/system/k3s-agent.service', unitText('agent'))
    await agent.must('systemctl daemon-reload && systemctl start k3s-agent', { timeoutMs: LIMIT })
    await readyNode(first, agent.name)
    const state = '/var/lib/rancher/k3s/agent/etc/k3s-agent-load-balancer.json'
    await until('it knows every server', async () => (await agent.readFile(state)).includes(`${first.address}:6443`), LIMIT)
  },
}

const power: EtcdFact = {
  name: 'the power of one server of three is cut: the others elect, their API goes on writing, and it comes back as the same member',
  check: async ({ first, second, third }) => {
    for (const host of [first, second, third]) await host.must('systemctl enable -q k3s')
    const before = await readMembers(second)
    await first.powerCut()
    const wrote = async (): Promise<boolean> => (await second.sh('timeout 10 kubectl create configmap without-first -n default --from-literal=a=b')).code === 0
    await until('a write', wrote, LIMIT)
    const status = await readStatus(third)
    await until('/readyz', async () => (await third.sh('timeout 10 kubectl get --raw /readyz')).stdout === 'ok', LIMIT)
    expect([before.map((member) => member.ID), status.leader]).toEqual([expect.arrayContaining([status.leader]), expect.not.stringMatching(`^(0|${memberOf(before, first)?.ID})$`)])
    expect(await readHealth(third)).toMatch(/"true"/)
    expect(await activeState(second)).toBe('active')
    await first.boot()
    await active(first)
    expect(await readMembers(first)).toEqual(before)
    expect(await first.must('kubectl get configmap without-first -n default -o name')).toBe('configmap/without-first\n')
  },
}

const noQuorum: EtcdFact = {
  name: 'with two of three servers off the third says on 2381 and /readyz that it is not well, and writes nothing',
  check: async ({ first, second, third }) => {
    await Promise.all([first.powerCut(), second.powerCut()])
    await until('bad health', async () => !(await readHealth(third)).includes('"true"'), LIMIT)
    expect((await third.sh('timeout 10 kubectl get --raw /readyz')).code).not.toBe(0)
    expect((await third.sh('timeout 10 kubectl create configmap without-quorum -n default --from-literal=a=b')).code).not.toBe(0)
    await Promise.all([first.boot(), second.boot()])
    for (const host of [first, second, third]) await active(host)
    await until('good health', async () => (await readHealth(third)).includes('"true"'), LIMIT)
  },
}

/** What Drover relies on of further servers on etcd. */
export const join: EtcdChapter = {
  title: 'further servers on etcd',
  facts: [held, promoted, order, again, shared, byLeader, different, duplicate, rejoined, agentJoins, power, noQuorum],
}
