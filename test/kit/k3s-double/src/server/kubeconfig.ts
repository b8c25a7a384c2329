import { chmodSync } from 'node:fs'
import type { Options } from '../config/options.ts'
import { readText, writeWhole } from '../files.ts'
import type { World } from '../world.ts'

const encoded = (text: string): string => Buffer.from(text).toString('base64')

/** An administrator's kubeconfig in k3s's shape and key order. */
export function renderKubeconfig(from: { url: string; ca: string; cert: string; key: string }): string {
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${encoded(from.ca)}
    server: ${from.url}
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
users:
- name: default
  user:
    client-certificate-data: ${encoded(from.cert)}
    client-key-data: ${encoded(from.key)}
`
}

/** Writes `k3s.yaml` (0600, or `write-kubeconfig-mode`) or the file that `write-kubeconfig` names. */
export function writeKubeconfig(world: World, options: Options): void {
  const read = (name: string): string => readText(`${world.paths.tls}/${name}`) ?? ''
  const file = options.one('write-kubeconfig') ?? world.paths.kubeconfig
  const mode = Number.parseInt(options.one('write-kubeconfig-mode') ?? '600', 8)
  writeWhole(
    file,
    renderKubeconfig({ url: 'https://127.0.0.1:6443', ca: read('server-ca.crt'), cert: read('client-admin.crt'), key: read('client-admin.key') }),
    mode,
  )
  chmodSync(file, mode)
  world.log('info', `Wrote kubeconfig ${file}`)
  world.log('info', 'Run: k3s kubectl')
}
