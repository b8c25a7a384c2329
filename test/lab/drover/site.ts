import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HostSchema, type Host as HostShown } from '@drover/protocol'
import * as z from 'zod'
import type { ExecResult } from '../command.ts'
import type { Host } from '../host.ts'
import { until } from '../until.ts'
import { openDroverLab, type DroverLab } from './drover-lab.ts'
import { k3sBinary, type K3sBinary } from './k3s-binary.ts'

/** A lab with a coordinator, a k3s in its cache, and hosts that are enrolled under a label `role`. */
export type Site = DroverLab & {
  readonly k3s: K3sBinary
  /** Enrols a host by a new line with these arguments and waits until it has an inventory (unless it has to wait itself). */
  readonly join: (host: Host, ...args: readonly string[]) => Promise<ExecResult>
  readonly inventory: (name: string) => Promise<HostShown>
  /** Writes a spec file at the admin's place and gives its path; `VERSION` becomes that of the k3s. */
  readonly spec: (name: string, text: string) => string
  /** kubectl of the k3s binary with a kubeconfig of the admin's. */
  readonly kubectl: (kubeconfig: string, ...args: readonly string[]) => Promise<string>
}

/** What a site has: hosts by name with the role that they are enrolled with, null for one that stays bare. */
export type SiteSpec = { readonly name: string; readonly hosts: Readonly<Record<string, string | null>>; readonly defaultRoute?: false }

/** Opens a lab, fills the coordinator's cache and enrols the hosts by the printed line. */
export const openSite = async ({ name, hosts, defaultRoute }: SiteSpec): Promise<Site> => {
  const work = mkdtempSync(join(tmpdir(), 'drover-site-'))
  const k3s = await k3sBinary(work)
  process.stdout.write(`${name}: on ${k3s.words}\n`)
  const drover = await openDroverLab({ name: `${name}-${String(process.pid)}`, hosts: Object.keys(hosts), isReal: k3s.isReal, ...(defaultRoute === false ? { defaultRoute } : {}) })
  const close: Site['close'] = async () => {
    rmSync(work, { recursive: true, force: true })
    return drover.close()
  }
  try {
    const site = siteOf(drover, k3s, close)
    await site.must(['artifacts', 'import', k3s.path, '--version', k3s.version])
    const wanted = Object.entries(hosts).filter(([, role]) => role !== null)
    await Promise.all(wanted.map(([host, role]) => site.join(drover.lab.host(host), '--label', `role=${role ?? ''}`)))
    await Promise.all(wanted.map(([host]) => site.inventory(host)))
    return site
  } catch (error) {
    await close()
    throw error
  }
}

const siteOf = (drover: DroverLab, k3s: K3sBinary, close: Site['close']): Site => ({
  ...drover,
  k3s,
  close,
  join: async (host, ...args) => {
    const line = await drover.must(['install-line', '--quiet', ...args])
    const done = await drover.enrol(host, line.trim())
    if (done.code !== 0) throw new Error(`the install line failed on ${host.name}: ${done.stdout}${done.stderr}`)
    return done
  },
  inventory: (host) => until(`the inventory of ${host}`, async () => {
    const shown = await showHost(drover, host)
    return Object.keys(shown.inventory).length === 3 && shown.stale.length === 0 ? shown : null
  }),
  spec: (file, text) => {
    const path = join(drover.place, `${file}.yaml`)
    writeFileSync(path, text.replaceAll('VERSION', k3s.version))
    return path
  },
  kubectl: async (kubeconfig, ...args) => {
    const program = k3s.isReal ? [k3s.path] : [process.execPath, k3s.path]
    const done = await drover.lab.admin.exec([...program, 'kubectl', '--kubeconfig', kubeconfig, ...args])
    if (done.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${done.stderr}`)
    return done.stdout
  },
})

/** A host as `drover describe host -o json` shows it. */
export const showHost = async (drover: DroverLab, name: string): Promise<HostShown> =>
  HostSchema.parse(JSON.parse(await drover.must(['describe', 'host', name, '-o', 'json'])))

/** Things of one kind as `drover get WHAT -o json` lists them. */
export const list = async <T>(drover: DroverLab, what: 'hosts' | 'clusters' | 'runs' | 'snapshots' | 'firings', schema: z.ZodType<T>): Promise<T[]> =>
  z.array(schema).parse(JSON.parse(await drover.must(['get', what, '-o', 'json'])))
