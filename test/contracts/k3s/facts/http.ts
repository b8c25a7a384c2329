import { expect } from 'vitest'
import { curl, type Asking } from '../curl.ts'
import { SECRETS, type Chapter, type Fact } from '../site.ts'

type Line = readonly [path: string, asking: Asking & { readonly from?: 'agent' }, status: number, body: RegExp]

const NODE = { user: `node:${SECRETS.agent}` }
const SERVER = { user: `server:${SECRETS.server}` }
const ADMIN = { admin: true }

const LINES: readonly Line[] = [
  ['/ping', {}, 200, /^pong$/],
  ['/cacerts', {}, 200, /^-----BEGIN CERTIFICATE-----\n/],
  ['/readyz', {}, 401, /"reason": "Unauthorized"/],
  ['/livez', {}, 401, /"reason": "Unauthorized"/],
  ['/version', {}, 401, /"reason": "Unauthorized"/],
  ['/api/v1/nodes', {}, 401, /"reason": "Unauthorized"/],
  ['/api/v1/nodes', SERVER, 401, /"reason": "Unauthorized"/],
  ['/v1-k3s/readyz', {}, 403, /"message": "forbidden"/],
  ['/v1-k3s/readyz', NODE, 200, /^ok$/],
  ['/v1-k3s/readyz', { user: 'node:wrong' }, 401, /"message": "not authorized"/],
  ['/v1-k3s/readyz', { user: `node:${SECRETS.server}` }, 401, /"message": "not authorized"/],
  ['/v1-k3s/readyz', SERVER, 403, /"message": "forbidden"/],
  ['/v1-k3s/config', NODE, 200, /"ClusterIPRange"/],
  ['/v1-k3s/apiservers', NODE, 200, /^\["[0-9.]+:6443"\]\n?$/],
  ['/v1-k3s/server-bootstrap', SERVER, 400, /"message": "etcd disabled"/],
  ['/v1-k3s/server-bootstrap', NODE, 403, /"message": "forbidden"/],
  ['/db/info', {}, 400, /"message": "etcd datastore disabled"/],
  ['/db/info', { from: 'agent' }, 400, /"message": "etcd datastore disabled"/],
  ['/db/info', { ...SERVER, from: 'agent' }, 400, /"message": "etcd datastore disabled"/],
  // Without a body: a real one answers before it has read any, and then curl may lose what it said.
  ['/db/snapshot', { ...SERVER, method: 'POST' }, 400, /"message": "etcd datastore disabled"/],
  ['/readyz', ADMIN, 200, /^ok$/],
  ['/livez', ADMIN, 200, /^ok$/],
  ['/version', ADMIN, 200, /"gitVersion": ?"v1\.36\.2\+k3s1"/],
  ['/api/v1/namespaces/kube-system', ADMIN, 200, /"uid": ?"[0-9a-f-]{36}"/],
  ['/api/v1/nodes/nosuch', ADMIN, 404, /nodes \\"nosuch\\" not found/],
]

const told = (asking: Line[1]): string => {
  const who = asking.admin === true ? 'the administrator' : (asking.user?.split(':')[0] ?? 'nobody')
  const wrong = asking.user !== undefined && asking.user !== NODE.user && asking.user !== SERVER.user ? ' (wrong secret)' : ''
  return `${who}${wrong}${asking.from === 'agent' ? ' from another host' : ''}`
}

const asFact = ([path, asking, status, body]: Line): Fact => ({
  name: `${path} as ${told(asking)}: ${status}`,
  check: async ({ server, agent }) => {
    const from = asking.from === 'agent' ? agent : server
    const address = asking.from === 'agent' ? server.address : '127.0.0.1'
    const answer = await curl(from, `https://${address}:6443${path}`, asking)
    expect([answer.status, answer.body]).toEqual([status, expect.stringMatching(body)])
  },
})

const names: Fact = {
  name: 'the certificate of 6443 holds the node, its address, every tls-san and the fixed names',
  check: async ({ server }) => {
    const text = await server.must(
      'echo | openssl s_client -connect 127.0.0.1:6443 2>/dev/null | openssl x509 -noout -ext subjectAltName -subject',
    )
    for (const name of [server.name, server.address, '127.0.0.1', 'localhost', 'kubernetes.default.svc', '10.43.0.1', 'k3s.example']) expect(text).toContain(name)
  },
}

const patch: Fact = {
  name: 'a Node takes a merge patch from the administrator',
  check: async ({ server }) => {
    const url = `https://127.0.0.1:6443/api/v1/nodes/${server.name}`
    const ask = (value: string): Asking => ({ admin: true, method: 'PATCH', header: 'content-type: application/merge-patch+json', body: `{"metadata":{"labels":{"patched":${value}}}}` })
    expect((await curl(server, url, ask('"yes"'))).body).toMatch(/"patched": ?"yes"/)
    expect((await curl(server, url, ask('null'))).body).not.toContain('"patched"')
  },
}

/** Routes and codes of port 6443. */
export const http: Chapter = { title: 'port 6443', facts: [...LINES.map(asFact), names, patch] }
