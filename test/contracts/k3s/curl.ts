import type { Host } from '../../lab/host.ts'

/** An answer. */
export type Answer = { readonly status: number; readonly body: string }

/** How to ask: basic credentials `user:secret`, or the administrator's certificate of the server host; method and body. */
export type Asking = { readonly user?: string; readonly admin?: boolean; readonly method?: string; readonly body?: string; readonly header?: string }

const TLS = '/var/lib/rancher/k3s/server/tls'

/** One request by the host's own curl; the server's certificate is not checked unless the administrator asks. */
export async function curl(host: Host, url: string, asking: Asking = {}): Promise<Answer> {
  const trust = asking.admin === true ? ['--cacert', `${TLS}/server-ca.crt`, '--cert', `${TLS}/client-admin.crt`, '--key', `${TLS}/client-admin.key`] : ['-k']
  const more = [
    ...(asking.user === undefined ? [] : ['-u', asking.user]),
    ...(asking.header === undefined ? [] : ['-H', asking.header]),
    ...(asking.method === undefined ? [] : ['-X', asking.method]),
    ...(asking.body === undefined ? [] : ['--data-binary', asking.body]),
  ]
  const result = await host.exec(['curl', '-sS', '-m', '15', '-w', '\n%{http_code}', ...trust, ...more, url])
  const lines = result.stdout.split('\n')
  const status = Number(lines.at(-1))
  if (result.code !== 0 && status === 0) throw new Error(`curl ${url}: exit ${result.code}: ${result.stderr}`)
  return { status, body: lines.slice(0, -1).join('\n') }
}

/** The server's own API as its administrator; throws unless the answer is 200. */
export async function readApi(host: Host, path: string): Promise<unknown> {
  const answer = await curl(host, `https://127.0.0.1:6443${path}`, { admin: true })
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`)
  return JSON.parse(answer.body)
}
