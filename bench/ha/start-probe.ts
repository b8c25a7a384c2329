import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Site } from '../../test/lab/drover/site.ts'
import type { Host } from '../../test/lab/host.ts'
import { until } from '../../test/lab/until.ts'

const program = fileURLToPath(new URL('probe.ts', import.meta.url))
const KUBECONFIG = '/etc/rancher/k3s/k3s.yaml'

/** A probe that runs: the times (ms since 1970) of all answers so far. */
export type Probe = { readonly times: readonly number[]; readonly stop: () => void }

/** Puts the kubeconfig that k3s wrote on a server at the admin's place, as soon as it is whole. */
export const adminOf = (site: Site, seed: Host): Promise<string> =>
  until(`the kubeconfig on ${seed.name}`, () => {
    const file = join(seed.root, KUBECONFIG)
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (!text.includes('client-key-data')) return null
    const path = join(site.place, `admin-${seed.name}.yaml`)
    writeFileSync(path, text.replaceAll('127.0.0.1', seed.address), { mode: 0o600 })
    return path
  }, { limitMs: 600_000 })

/** Asks the API of one server every 100 ms from the admin's place, until it is stopped. */
export const startProbe = (site: Site, through: Host, { kubeconfig, mode }: { readonly kubeconfig: string; readonly mode: 'read' | 'write' }): Probe => {
  const child = site.lab.admin.spawn([process.execPath, program, `https://${through.address}:6443`, kubeconfig, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  const times: number[] = []
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => void times.push(Number(line)))
  return { times, stop: () => void child.kill('SIGKILL') }
}
