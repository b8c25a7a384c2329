import { signLeaf } from '../pki/certificates.ts'
import type { ClusterPki } from '../pki/cluster-pki.ts'
import { newKey } from '../pki/keys.ts'
import { writeWhole } from '../files.ts'
import type { World } from '../world.ts'

const FIXED = ['10.43.0.1', '127.0.0.1', '::1', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost']

/** Signs the certificate of port 6443 for the fixed names, the node, its address and every `tls-san`; kept in `dynamic-cert.json`. */
export async function makeServingCertificate(world: World, pki: ClusterPki, names: readonly string[]): Promise<{ key: string; cert: string }> {
  const key = await newKey()
  const all = [...new Set([...FIXED, world.node, ...names])].filter((name) => name !== '')
  const cert = await signLeaf(pki.server, { commonName: 'k3s', organization: 'k3s', use: 'server', names: all }, key)
  const data = { 'tls.crt': Buffer.from(cert).toString('base64'), 'tls.key': Buffer.from(key.pem).toString('base64') }
  writeWhole(`${world.paths.tls}/dynamic-cert.json`, JSON.stringify({ metadata: { name: 'k3s-serving', namespace: 'kube-system' }, data, type: 'kubernetes.io/tls' }))
  world.log('info', `certificate CN=k3s,O=k3s signed by ${pki.server.subject}`)
  world.log('info', `Active TLS secret / (ver=) (count ${all.length})`)
  return { key: key.pem, cert }
}
