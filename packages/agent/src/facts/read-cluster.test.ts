import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newAuthority, signLeaf } from '../../../../test/kit/k3s-double/src/pki/certificates.ts'
import { newKey } from '../../../../test/kit/k3s-double/src/pki/keys.ts'
import { createReadCluster } from './read-cluster.ts'

const NODES = JSON.stringify({ kind: 'NodeList', items: [{ metadata: { name: 'one' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }] })
const NODES_PATH = '/api/v1/nodes?includeObject=None'
type Answer = (response: ServerResponse) => void
const ok = (body: string): Answer => (response) => void response.end(body)

describe('createReadCluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-cluster-'))
  let server: Server
  let url: string
  let answers: Record<string, Answer>
  let asked: IncomingMessage[]
  let ca: string
  const read = (): ReturnType<ReturnType<typeof createReadCluster>> => createReadCluster({ url, tls: folder })()

  beforeAll(async () => {
    const [authority, clients, key, adminKey] = await Promise.all([newAuthority('server-ca'), newAuthority('client-ca'), newKey(), newKey()])
    ca = authority.certificate
    const cert = await signLeaf(authority, { commonName: 'k3s', use: 'server', names: ['127.0.0.1'] }, key)
    writeFileSync(join(folder, 'client-admin.crt'), await signLeaf(clients, { commonName: 'system:admin', organization: 'system:masters', use: 'client' }, adminKey))
    writeFileSync(join(folder, 'client-admin.key'), adminKey.pem)
    server = createServer({ key: key.pem, cert, ca: clients.certificate, requestCert: true, rejectUnauthorized: true }, (request, response) => {
      asked.push(request)
      answers[request.url ?? '']?.(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  })
  beforeEach(() => {
    writeFileSync(join(folder, 'server-ca.crt'), ca)
    asked = []
    answers = { '/readyz': ok('ok'), [NODES_PATH]: ok(NODES) }
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })

  it('asks with the certificate of the administrator, over one connection that is kept', async () => {
    const again = createReadCluster({ url, tls: folder })
    const first = await again()
    expect(first).toEqual({ ready: true, nodes: [{ name: 'one', ready: true, cordoned: false, version: '', ip: '' }] })
    expect(await again()).toEqual(first)
    expect(new Set(asked.map((request) => request.socket.remotePort)).size).toBe(1)
    expect(asked[1]?.headers.accept).toContain('as=Table')
  })

  it('asks for no nodes where the server is not ready', async () => {
    answers['/readyz'] = (response) => void response.writeHead(500).end('[-]etcd failed')
    expect(await read()).toEqual({ ready: false, nodes: null })
    expect(asked.map((request) => request.url)).toEqual(['/readyz'])
  })

  it.each<[string, Answer]>([
    ['says no', (response) => void response.writeHead(403).end('{}')],
    ['says something else', ok('<html>')],
    ['breaks off', (response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy())],
    ['says too much', (response) => void response.end('x'.repeat(9_000_000))],
  ])('knows no nodes where the list %s', async (_, answer) => {
    answers[NODES_PATH] = answer
    expect(await read()).toEqual({ ready: true, nodes: null })
  })

  it('is null where nothing answers in time', async () => {
    answers['/readyz'] = () => undefined
    expect(await read()).toBeNull()
  })

  it('believes no certificate but the cluster\'s', async () => {
    writeFileSync(join(folder, 'server-ca.crt'), (await newAuthority('server-ca')).certificate)
    expect(await read()).toBeNull()
    expect(asked).toEqual([])
  })

  it('is null before k3s has made its credentials, and where nobody listens', async () => {
    rmSync(join(folder, 'server-ca.crt'))
    expect(await read()).toBeNull()
    writeFileSync(join(folder, 'server-ca.crt'), ca)
    expect(await createReadCluster({ url: 'https://127.0.0.1:1', tls: folder })()).toBeNull()
  })
})
