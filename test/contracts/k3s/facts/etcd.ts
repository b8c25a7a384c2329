import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { curl } from '../curl.ts'
import { gateway, memberOf, readHealth, readMembers, readStatus } from '../etcd-members.ts'
import { activeState, configureMember, type EtcdChapter, type EtcdFact, type EtcdSite } from '../etcd-site.ts'
import { inOrder } from '../in-order.ts'
import { findNode, readyNode } from '../nodes.ts'
import { SECRETS } from '../site.ts'
import { cleanSlate, journalOf } from '../trial.ts'
import { until } from '../until.ts'

const DB = '/var/lib/rancher/k3s/server/db'

const started: EtcdFact = {
  name: 'systemctl start returns when the server is up; its Node gets the roles control-plane and etcd',
  check: async ({ first }) => {
    expect(await activeState(first)).toBe('active')
    await readyNode(first, first.name)
    const node = await until('both roles', async () => {
      const found = await findNode(first, first.name)
      return found?.metadata.labels['node-role.kubernetes.io/etcd'] !== undefined && found
    })
    expect(node.metadata.labels).toMatchObject({ 'node-role.kubernetes.io/control-plane': 'true', 'node-role.kubernetes.io/etcd': 'true' })
  },
}

const ORDER = [
  'msg="Starting k3s v1.36.2+k3s1 (',
  'msg="Managed etcd cluster initializing"',
  'generated self-signed CA certificate CN=k3s-server-ca@',
  'msg="Starting etcd for new cluster, cluster-reset=false"',
  'msg="Connection to etcd is ready"',
  'msg="ETCD server is now running"',
  'msg="Saving cluster bootstrap data to datastore"',
  'msg="k3s is up and running"',
]

const order: EtcdFact = {
  name: 'it says these things in this order',
  check: async ({ first }) => {
    expect(inOrder(await first.journal('k3s'), ORDER)).toEqual(ORDER)
  },
}

const files: EtcdFact = {
  name: "etcd's data, configuration and name are below server/db/etcd; etcd-arg wins over k3s's own timing; there is no state.db",
  check: async ({ first }) => {
    await first.must(`test -d ${DB}/etcd/member/wal && test -f ${DB}/etcd/member/snap/db && ! test -e ${DB}/state.db`)
    expect(await first.must(`stat -c %a ${DB} ${DB}/etcd ${DB}/etcd/name`)).toBe('700\n700\n600\n')
    expect(await first.must(`cat ${DB}/etcd/name`)).toMatch(new RegExp(`^${first.name}-[0-9a-f]{8}$`))
    const config = await first.must(`cat ${DB}/etcd/config`)
    for (const line of ['heartbeat-interval: 100', 'election-timeout: 1000', `advertise-client-urls: https://${first.address}:2379`]) expect(config).toContain(line)
  },
}

const health: EtcdFact = {
  name: '2381 answers health and metrics, on loopback alone',
  check: async ({ first, second }) => {
    expect(await readHealth(first)).toMatch(/^\{"health":"true"[,}]/)
    expect(await first.must('curl -sS http://127.0.0.1:2381/metrics | grep ^etcd_server_has_leader')).toBe('etcd_server_has_leader 1\n')
    expect((await second.exec(['curl', '-m', '5', `http://${first.address}:2381/health`])).code).toBe(7)
  },
}

const members: EtcdFact = {
  name: 'the gateway on 2382 lists the members and tells the leader, with ids as text; without a client certificate it refuses, and it is on loopback alone',
  check: async ({ first, second }) => {
    const list = await readMembers(first)
    const name = (await first.must(`cat ${DB}/etcd/name`)).trim()
    const urls = { peerURLs: [`https://${first.address}:2380`], clientURLs: [`https://${first.address}:2379`] }
    expect(list).toEqual([{ ID: list[0]?.ID, name, ...urls, isLearner: false }])
    expect(list[0]?.ID).toMatch(/^\d+$/)
    const status = await readStatus(first)
    expect([status.header.member_id, status.leader]).toEqual([list[0]?.ID, list[0]?.ID])
    expect((await first.exec(['curl', '-sk', '-m', '5', '-d', '{}', 'https://127.0.0.1:2382/v3/cluster/member/list'])).code).not.toBe(0)
    expect((await second.exec(['curl', '-sk', '-m', '5', `https://${first.address}:2382/`])).code).toBe(7)
  },
}

const info: EtcdFact = {
  name: '/db/info gives ids as bare numbers: to everybody on the server, elsewhere to who shows the server token',
  check: async ({ first, second }) => {
    const [own] = await readMembers(first)
    const here = await curl(first, 'https://127.0.0.1:6443/db/info')
    expect([here.status, here.body]).toEqual([200, expect.stringMatching(new RegExp(`"ID": ?${own?.ID}[,}]`))])
    const there = `https://${first.address}:6443/db/info`
    expect((await curl(second, there, { user: `server:${SECRETS.server}` })).body.trim()).toBe(here.body.trim())
    expect((await curl(second, there)).status).toBe(403)
    expect((await curl(second, there, { user: `node:${SECRETS.agent}` })).status).toBe(403)
  },
}

const bootstrapData: EtcdFact = {
  name: '/v1-k3s/server-bootstrap gives the authorities to who shows the server token, and to nobody else',
  check: async ({ first, second }) => {
    const url = `https://${first.address}:6443/v1-k3s/server-bootstrap`
    const answer = await curl(second, url, { user: `server:${SECRETS.server}` })
    expect([answer.status, answer.body.length > 1000]).toEqual([200, true])
    expect((await curl(second, url, { user: `node:${SECRETS.agent}` })).status).toBe(403)
  },
}

const restarted: EtcdFact = {
  name: 'a restart comes back as the same member, with what was written',
  check: async ({ first }) => {
    const before = await readMembers(first)
    await first.must('kubectl create configmap kept -n default --from-literal=a=b')
    await first.must('systemctl restart k3s')
    expect(await readMembers(first)).toEqual(before)
    expect(await first.must('kubectl get configmap kept -n default -o name')).toBe('configmap/kept\n')
    expect(await first.journal('k3s')).toContain('msg="Managed etcd cluster bootstrap already complete and initialized"')
  },
}

const ALL = { key: Buffer.from('/registry/').toString('base64'), range_end: Buffer.from('/registry0').toString('base64'), count_only: true }

const agreed: EtcdFact = {
  name: 'the gateway counts objects, with numbers as text: as far as the leader is, and as far as the member is',
  check: async ({ first }) => {
    for (const range of [ALL, { ...ALL, serializable: true }]) {
      const answer = JSON.parse((await gateway(first, '/v3/kv/range', range)).body) as { header: { revision: unknown }; count: unknown; kvs?: unknown }
      expect([answer.header.revision, answer.count, answer.kvs]).toEqual([expect.stringMatching(/^[0-9]+$/), expect.stringMatching(/^[0-9]+$/), undefined])
      expect(Number(answer.count)).toBeGreaterThan(10)
    }
  },
}

/** The pieces of a copy, put together. */
const pieced = (lines: string): Buffer =>
  Buffer.concat(lines.trimEnd().split('\n').map((line) => Buffer.from((JSON.parse(line) as { result: { blob?: string } }).result.blob ?? '', 'base64')))

const copied: EtcdFact = {
  name: 'the gateway gives a copy of the member as lines with pieces in base64, whole pages and behind them their SHA-256',
  check: async ({ first }) => {
    const { status, body } = await gateway(first, '/v3/maintenance/snapshot')
    const copy = pieced(body)
    expect([status, copy.length % 512]).toEqual([200, 32])
    expect(createHash('sha256').update(copy.subarray(0, -32)).digest().equals(copy.subarray(-32))).toBe(true)
    expect(copy.length).toBeLessThanOrEqual(Number(await first.must(`stat -c %s ${DB}/etcd/member/snap/db`)) + 32)
    expect(Math.max(...body.split('\n').map((line) => line.length))).toBeLessThan(64 * 1024)
    await first.must('kubectl create configmap in-the-copy -n default --from-literal=a=b')
    expect(pieced((await gateway(first, '/v3/maintenance/snapshot')).body).includes('/registry/configmaps/default/in-the-copy')).toBe(true)
  },
}

const noSuchMember: EtcdFact = {
  name: 'the gateway refuses to promote a member that is not there: 404',
  check: async ({ first }) => {
    const answer = await gateway(first, '/v3/cluster/member/promote', { ID: '1234567890123456789' })
    expect([answer.status, answer.body]).toEqual([404, expect.stringContaining('etcdserver: member not found')])
    expect(memberOf(await readMembers(first), first)).toBeDefined()
  },
}

const REFUSED =
  /level=fatal msg="Error: preparing server: failed to bootstrap cluster data: failed to reconcile with local datastore: (no bootstrap data found in datastore - check server token value and verify datastore integrity|failed to create temporary datastore client: failed to read consistent index)"/

/** A first start that dies when its etcd has data and no bootstrap data yet. */
async function cutShort({ subject, agent }: EtcdSite): Promise<void> {
  await cleanSlate(agent)
  await configureMember(agent, 'cluster-init: true')
  await agent.must('sed -i s/Restart=always/Restart=no/ /etc/systemd/system/k3s.service && systemctl daemon-reload')
  if (subject.kind === 'stand-in') await agent.writeFile('/etc/k3s-double.json', '{"dieAt":"before-bootstrap-save"}')
  await agent.must('systemctl start --no-block k3s')
  if (subject.kind === 'k3s') await until('its log', async () => (await agent.sh(`test -d ${DB}/etcd/member/wal && systemctl kill -s KILL k3s`)).code === 0)
  await until('its end', async () => (await agent.exec(['systemctl', 'is-failed', 'k3s'])).stdout === 'failed\n')
}

const cut: EtcdFact = {
  name: 'a first start that was cut short between its datastore and its bootstrap data is refused for ever, until server/db and server/tls are set aside',
  check: async (site) => {
    const { agent } = site
    await cutShort(site)
    expect((await agent.exec(['systemctl', 'start', 'k3s'])).code).not.toBe(0)
    expect(await journalOf(agent, 'k3s')).toMatch(REFUSED)
    await agent.must('cd /var/lib/rancher/k3s/server && mv db db-aside && mv tls tls-aside && systemctl start k3s')
    expect(await activeState(agent)).toBe('active')
    await agent.must('systemctl stop k3s')
    await cleanSlate(agent)
  },
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const counted: EtcdFact = {
  name: 'the gateway counts the keys that begin with a prefix, now and at a revision, and tells at which revision a key was made',
  check: async ({ first }) => {
    const range = async (body: object): Promise<unknown> => JSON.parse((await gateway(first, '/v3/kv/range', body)).body)
    const all = { key: base64('/registry/configmaps/default/counted-'), range_end: base64('/registry/configmaps/default/counted.'), count_only: true }
    await first.must('kubectl create configmap counted-1 -n default --from-literal=a=b')
    const made = await range({ key: base64('/registry/configmaps/default/counted-1'), keys_only: true })
    expect(made).toMatchObject({ count: '1', kvs: [{ create_revision: expect.stringMatching(/^\d+$/) as string }] })
    const { kvs } = made as { kvs: { create_revision: string }[] }
    await first.must('kubectl create configmap counted-2 -n default --from-literal=a=b')
    expect(await range({ ...all, revision: '0' })).toMatchObject({ count: '2' })
    expect(await range({ ...all, revision: kvs[0]?.create_revision })).toMatchObject({ count: '1' })
    expect(await range({ ...all, key: base64('/registry/configmaps/nowhere/'), range_end: base64('/registry/configmaps/nowhere0') })).not.toHaveProperty('count')
  },
}

const migrated: EtcdFact = {
  name: 'a server on SQLite that gets cluster-init has every object in etcd then, state.db is set aside, and the node gets the etcd role',
  check: async ({ agent }) => {
    const count = 'kubectl get configmaps,namespaces,nodes -A -o name | sort'
    await configureMember(agent, '')
    await agent.must('systemctl start k3s && for i in 1 2 3 4 5; do kubectl create configmap moved-$i -n default --from-literal=a=b; done', { timeoutMs: 180_000 })
    const before = await until('what a new cluster makes by itself', async () => {
      const text = await agent.must(count)
      return text.includes('node/') && text.split('kube-root-ca.crt').length === 5 && text
    })
    await configureMember(agent, 'cluster-init: true')
    await agent.must('systemctl restart k3s', { timeoutMs: 180_000 })
    expect(await agent.must(count)).toBe(before)
    await agent.must(`test -f ${DB}/state.db.migrated && ! test -e ${DB}/state.db`)
    await until('the role', async () => (await findNode(agent, agent.name))?.metadata.labels['node-role.kubernetes.io/etcd'] === 'true')
    await agent.must('systemctl stop k3s')
    await cleanSlate(agent)
  },
}

/** What Drover relies on of the first server of a cluster on etcd. */
export const etcd: EtcdChapter = {
  title: 'the first server on etcd',
  prepare: async ({ first }) => {
    await configureMember(first, 'cluster-init: true')
    await first.must('systemctl start k3s', { timeoutMs: 180_000 })
  },
  facts: [started, order, files, health, members, info, bootstrapData, noSuchMember, restarted, counted, agreed, copied, migrated, cut],
}
