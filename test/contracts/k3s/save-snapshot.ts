import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../../lab/host.ts'

const TLS = '/var/lib/rancher/k3s/server/tls/etcd'
const PIECES = '/root/pieces'

/** A snapshot of a server's member by its gateway, to a file of the host: pieces in base64, the last of them the sum of the bytes before. */
export const saveSnapshot = async (host: Host, to: string): Promise<Buffer> => {
  await host.must(`curl -sS --cacert ${TLS}/server-ca.crt --cert ${TLS}/client.crt --key ${TLS}/client.key -d '{}' -o ${PIECES} https://127.0.0.1:2382/v3/maintenance/snapshot`)
  const lines = readFileSync(join(host.root, PIECES), 'utf8').split('\n').filter((line) => line !== '')
  const pieces = lines.map((line) => Buffer.from((JSON.parse(line) as { result: { blob?: string } }).result.blob ?? '', 'base64'))
  const bytes = Buffer.concat(pieces)
  writeFileSync(join(host.root, to), bytes, { mode: 0o600 })
  return bytes
}
