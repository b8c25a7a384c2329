import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DroverLab } from '../lab/drover/drover-lab.ts'
import type { K3sBinary } from '../lab/drover/k3s-binary.ts'
import type { Host } from '../lab/host.ts'
import type { createClock } from './clock.ts'
import { print } from './print.ts'

/** What the chapters of the demo play on: a coordinator, hosts, a k3s binary and a clock. */
export type Stage = {
  readonly drover: DroverLab
  readonly k3s: K3sBinary
  readonly clock: ReturnType<typeof createClock>
  /** The first one makes the cluster; there are more of them where it grows. */
  readonly servers: readonly [Host, ...Host[]]
  readonly workers: readonly [Host, ...Host[]]
}

/** Applies an example, the admins being where the lab's admin is, and waits until the run is done. */
export const applyExample = async ({ drover, k3s, clock }: Stage, example: { readonly file: string; readonly takes: string }): Promise<void> => {
  const text = readFileSync(fileURLToPath(new URL(`../../deploy/examples/${example.file}`, import.meta.url)), 'utf8')
  const spec = join(drover.place, example.file)
  writeFileSync(spec, text.replaceAll('v1.36.2+k3s1', k3s.version).replace('203.0.113.0/24', `${drover.lab.admin.address}/32`))
  print(await clock.time(example.takes, () => drover.must(['apply', '-f', spec, '--yes', '--wait'], { timeoutMs: 900_000 })))
}

/** kubectl at the admin's place, from the same binary and with the fetched kubeconfig; the stand-in's runs on this process's Node. */
export const kubectl = async ({ drover, k3s }: Stage, ...args: readonly string[]): Promise<string> => {
  const command = k3s.isReal ? [k3s.path] : [process.execPath, k3s.path]
  const done = await drover.lab.admin.exec([...command, 'kubectl', '--kubeconfig', kubeconfigOf(drover), ...args])
  if (done.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${done.stderr}`)
  return done.stdout
}

/** Where the demo's kubeconfig lies. */
export const kubeconfigOf = (drover: DroverLab): string => join(drover.place, 'home.yaml')

/** Fetches the kubeconfig; through one server alone where it is named. */
export const fetchKubeconfig = async ({ drover, clock }: Stage, through?: Host): Promise<void> => {
  const named = through === undefined ? [] : ['--server', through.name]
  writeFileSync(kubeconfigOf(drover), await clock.time('kubeconfig', () => drover.must(['kubeconfig', 'home', ...named])), { mode: 0o600 })
}
