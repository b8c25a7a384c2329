import { expect } from 'vitest'
import { findNode, readyNode } from '../nodes.ts'
import { until } from '../until.ts'
import { configureServer, writeStaticPod } from '../install.ts'
import type { Chapter, Fact, Site } from '../site.ts'
import { SECRETS } from '../site.ts'
import { curl } from '../curl.ts'
import { inOrder } from '../in-order.ts'
import { createHash } from 'node:crypto'

const MODES: readonly (readonly [mode: string, path: string])[] = [
  ['700', 'server'],
  ['700', 'server/db'],
  ['700', 'server/tls'],
  ['700', 'server/cred'],
  ['600', 'server/token'],
  ['600', 'server/agent-token'],
  ['600', 'server/tls/server-ca.key'],
  ['644', 'server/tls/server-ca.crt'],
  ['644', 'server/tls/client-ca.crt'],
  ['644', 'server/tls/client-admin.crt'],
  ['600', 'server/tls/client-admin.key'],
  ['600', 'server/cred/passwd'],
]

const paths: Fact = {
  name: 'files below server/ have these modes',
  check: async ({ server }) => {
    const found = await server.must(`cd /var/lib/rancher/k3s && stat -c '%a %n' ${MODES.map(([, path]) => path).join(' ')}`)
    expect(found.trim().split('\n')).toEqual(MODES.map(([mode, path]) => `${mode} ${path}`))
  },
}

const links: Fact = {
  name: 'node-token is a link to token; agent-token is a file of its own when the agent token is',
  check: async ({ server }) => {
    const found = await server.must('cd /var/lib/rancher/k3s/server && readlink node-token && stat -c %F agent-token')
    expect(found).toBe('/var/lib/rancher/k3s/server/token\nregular file\n')
  },
}

const tokens: Fact = {
  name: 'both tokens are in the secure form, and its hash is the SHA-256 of the PEM that /cacerts gives',
  check: async ({ server }) => {
    const { body } = await curl(server, 'https://127.0.0.1:6443/cacerts')
    const hash = createHash('sha256').update(body).digest('hex')
    const text = await server.must('cat /var/lib/rancher/k3s/server/token /var/lib/rancher/k3s/server/agent-token')
    expect(text).toBe(`K10${hash}::server:${SECRETS.server}\nK10${hash}::node:${SECRETS.agent}\n`)
  },
}

const kubeconfig: Fact = {
  name: 'k3s.yaml is 0600, names https://127.0.0.1:6443, and holds one client certificate in this shape',
  check: async ({ server }) => {
    expect(await server.must('stat -c %a /etc/rancher/k3s/k3s.yaml')).toBe('600\n')
    const text = (await server.readFile('/etc/rancher/k3s/k3s.yaml')).replaceAll(/(data: )[A-Za-z0-9+/=]+/g, '$1DATA')
    expect(text).toBe(
      [
        'apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: DATA\n    server: https://127.0.0.1:6443\n  name: default',
        'contexts:\n- context:\n    cluster: default\n    user: default\n  name: default\ncurrent-context: default\nkind: Config',
        'users:\n- name: default\n  user:\n    client-certificate-data: DATA\n    client-key-data: DATA\n',
      ].join('\n'),
    )
  },
}

const ORDER = [
  'level=info msg="Acquiring lock file /var/lib/rancher/k3s/data/.lock"',
  'level=info msg="Preparing data dir /var/lib/rancher/k3s/data/',
  'level=info msg="Starting k3s v1.36.2+k3s1 (',
  'msg="Kine available at unix://kine.sock"',
  'msg="Bootstrap key locked for initial create"',
  'msg="generated self-signed CA certificate CN=k3s-client-ca@',
  'msg="Password verified locally for node ',
  'msg="Saving cluster bootstrap data to datastore"',
  'msg="Bootstrap key lock is held"',
  'msg="Server node token is available at /var/lib/rancher/k3s/server/token"',
  'msg="Wrote kubeconfig /etc/rancher/k3s/k3s.yaml"',
  'msg="Run: k3s kubectl"',
  'msg="Kube API server is now running"',
  'level=info msg="k3s is up and running"',
  'Started k3s.service',
]

const order: Fact = {
  name: 'a first start says these things in this order, and systemd says Started only after "k3s is up and running"',
  check: async ({ server }) => {
    expect(inOrder(await server.journal('k3s'), ORDER)).toEqual(ORDER)
  },
}

const unit: Fact = {
  name: 'systemctl start returns when the unit is active; the main process is the one that was started',
  check: async ({ server }) => {
    const state = await server.must('systemctl show k3s -p ActiveState,SubState,NRestarts,Result')
    expect(state.trim().split('\n').sort()).toEqual(['ActiveState=active', 'NRestarts=0', 'Result=success', 'SubState=running'])
  },
}

const version: Fact = {
  name: '--version names the release on the first line and Go on the second',
  check: async ({ server }) => {
    expect(await server.must('k3s --version')).toMatch(/^k3s version v1\.36\.2\+k3s1 \([0-9a-f]{8}\)\ngo version go1\.\S+\n$/)
  },
}

const datastore: Fact = {
  name: 'server/db/state.db is SQLite in WAL mode with its -wal and -shm beside it; there is no server/db/etcd/member',
  check: async ({ server }) => {
    const head = await server.must('od -An -tu1 -N20 /var/lib/rancher/k3s/server/db/state.db | tr -s " \\n" " "')
    expect(head.trim().split(' ').slice(18)).toEqual(['2', '2'])
    await server.must('test -f /var/lib/rancher/k3s/server/db/state.db-wal && test -f /var/lib/rancher/k3s/server/db/state.db-shm')
    await server.must('! test -e /var/lib/rancher/k3s/server/db/etcd/member')
  },
}

const node: Fact = {
  name: 'its own Node becomes Ready with the address, the role and the release',
  check: async ({ server }) => {
    const own = await readyNode(server, server.name)
    expect(own.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': server.name })
    expect(own.status.addresses).toEqual(expect.arrayContaining([{ type: 'InternalIP', address: server.address }]))
    expect(own.status.nodeInfo.kubeletVersion).toBe('v1.36.2+k3s1')
    expect(own.metadata.labels).not.toHaveProperty('node-role.kubernetes.io/etcd')
  },
}

const settled: Fact = {
  name: 'the role label and the end of the first taints come some time after Ready, not with it',
  check: async ({ server }) => {
    const own = await until('role and no taints', async () => {
      const found = await findNode(server, server.name)
      return found?.metadata.labels['node-role.kubernetes.io/control-plane'] === 'true' && found.spec.taints.length === 0 && found
    })
    expect(own.spec.podCIDR).toMatch(/^10\.42\.\d+\.0\/24$/)
  },
}

const ports: Fact = {
  name: 'once it has settled it listens on 6443 and 10250 of every address, and on these ports of loopback',
  check: async ({ server }) => {
    const wanted = ['*:6443', '*:10250', '127.0.0.1:6444', '127.0.0.1:10248', '127.0.0.1:10249', '127.0.0.1:10256', '127.0.0.1:10257', '127.0.0.1:10258', '127.0.0.1:10259']
    await until(wanted.join(' '), async () => {
      const open = (await server.must("ss -Hltn | awk '{print $4}'")).split('\n')
      return wanted.every((port) => open.includes(port))
    })
  },
}

const snapshot: Fact = {
  name: 'etcd-snapshot save fails on SQLite with exit code 1',
  check: async ({ server }) => {
    const result = await server.exec(['k3s', 'etcd-snapshot', 'save'])
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('level=warning msg="Unknown flag --node-ip found in config.yaml, skipping\\n"')
    expect(result.stderr).toContain('level=fatal msg="Error: see server log for details: etcd datastore disabled"')
  },
}

const password: Fact = {
  name: '/etc/rancher/node/password is made, 0600',
  check: async ({ server }) => {
    expect(await server.must('stat -c %a /etc/rancher/node/password')).toBe('600\n')
  },
}

const prepare = async (site: Site): Promise<void> => {
  await configureServer(site)
  await writeStaticPod(site.server)
  await site.server.must('systemctl daemon-reload && systemctl start k3s', { timeoutMs: 120_000 })
}

/** A server's first start, its files and its Node. */
export const server: Chapter = {
  title: 'a first server on SQLite',
  prepare,
  facts: [unit, version, paths, links, tokens, kubeconfig, order, datastore, node, settled, ports, snapshot, password],
}
