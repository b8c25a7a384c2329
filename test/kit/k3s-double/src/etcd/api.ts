import { Agent, request } from 'node:https'
import { isJson, type Json } from '../api/kube-object.ts'
import { readText } from '../files.ts'
import type { World } from '../world.ts'

/** What etcd itself answered instead, in its own words. */
export class EtcdRefusal extends Error {
  override readonly name = 'EtcdRefusal'
}

/** One call of etcd's JSON gateway, e.g. `/v3/kv/range`. Rejects with EtcdRefusal, or with the transport's error. */
export type EtcdCall = (path: string, body: Json) => Promise<Json>

/** A client of one member's JSON gateway, which keeps its connection open. */
export type EtcdApi = { readonly call: EtcdCall; readonly close: () => void }

const TIMEOUT_MS = 10_000

/** The client of a server's own member (`https://127.0.0.1:2379`) or of another one, with `etcd/client.crt`. */
export function etcdApi(world: World, url: string): EtcdApi {
  const file = (name: string): string => readText(`${world.paths.tls}/etcd/${name}`) ?? ''
  const agent = new Agent({ keepAlive: true, ca: file('server-ca.crt'), cert: file('client.crt'), key: file('client.key') })
  return { call: (path, body) => callOnce(agent, new URL(path, url), JSON.stringify(body)), close: () => agent.destroy() }
}

function callOnce(agent: Agent, url: URL, body: string): Promise<Json> {
  const { promise, resolve, reject } = Promise.withResolvers<Json>()
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const call = request(url, { method: 'POST', agent, headers, timeout: TIMEOUT_MS }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      try {
        resolve(answered(response.statusCode ?? 0, Buffer.concat(chunks).toString()))
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  })
  call.on('timeout', () => call.destroy(new Error('context deadline exceeded')))
  call.on('error', reject)
  call.end(body)
  return promise
}

function answered(status: number, text: string): Json {
  const value: unknown = JSON.parse(text)
  if (!isJson(value)) throw new Error(`etcd answered ${text}`)
  if (status === 200) return value
  throw new EtcdRefusal(typeof value['message'] === 'string' ? value['message'] : text)
}
