import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DROVER, ForecastSchema, KUBELET_SYSCTLS, sysctlEntries, type SysctlValues } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../../deploy/examples/two-vps.yaml', import.meta.url))
/** What the hosts have before: other than the kubelet wants. The lab gives the machine its own values back. */
const OTHERS = { 'vm.overcommit_memory': 0, 'vm.panic_on_oom': 0, 'kernel.panic': 7, 'kernel.panic_on_oops': 0 } as const
const pathOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`

const NodesSchema = z.object({
  items: z.array(z.object({
    metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
    spec: z.object({ taints: z.array(z.object({ key: z.string(), value: z.string().optional(), effect: z.string() })).optional() }),
  })),
})

/** Prints the alternative names on the certificate of an address. */
const NAMES_ON = "const s=require('tls').connect({host:process.argv[1],port:6443,rejectUnauthorized:false},()=>{console.log(s.getPeerCertificate().subjectaltname);s.end()})"

describe.skipIf(skipOrFail())('two rented machines', () => {
  let site: Site
  let master: Host
  let worker: Host
  let kubeconfig = ''
  const text = readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION')

  const values = async (host: Host): Promise<SysctlValues> => {
    const names = sysctlEntries(KUBELET_SYSCTLS).map(([name]) => name)
    const read = (await host.must(`cat ${names.map(pathOf).join(' ')}`)).trim().split('\n')
    return Object.fromEntries(names.map((name, index) => [name, Number(read[index])]))
  }
  const kubectl = (...args: readonly string[]): Promise<string> => site.kubectl(kubeconfig, ...args)
  const nodeOf = async (host: Host): Promise<z.infer<typeof NodesSchema>['items'][number] | undefined> =>
    NodesSchema.parse(JSON.parse(await kubectl('get', 'nodes', '-o', 'json'))).items.find(({ metadata }) => metadata.name === host.name)

  beforeAll(async () => {
    site = await openSite({ name: 'two-vps', hosts: { master: 'master', worker: 'worker' } })
    master = site.lab.host('master')
    worker = site.lab.host('worker')
    for (const [name, value] of sysctlEntries(OTHERS)) await master.must(`echo ${String(value)} >${pathOf(name)}`)
  })
  afterAll(() => site.close())

  test('a later file that would take a kernel value away at the next boot is refused before anything is changed', async () => {
    const file = site.spec('two-vps', text)
    const planned = (what: string, isSo: (shown: string) => boolean): Promise<string> => until(what, async () => {
      const { stdout } = await site.drover(['plan', '-f', file])
      return isSo(stdout) ? stdout : null
    }, { everyMs: 2_000 })
    await worker.writeFile('/etc/sysctl.d/99-mine.conf', 'kernel.panic = 60\n')
    const said = await planned('the finding', (shown) => /FATAL +worker: \/etc\/sysctl.d\/99-mine.conf sets kernel.panic = 60 at every boot/.test(shown))
    expect(said).toContain('next: take kernel.panic out of /etc/sysctl.d/99-mine.conf on worker')
    expect((await site.drover(['apply', '-f', file, '--yes', '--wait'])).stderr).toContain('the forecast has fatal findings; nothing was changed')
    await worker.must('rm /etc/sysctl.d/99-mine.conf')
    await planned('a plan without it', (shown) => !shown.includes('99-mine.conf') && shown.includes('master has vm.overcommit_memory = 0, kernel.panic = 7'))
    expect(await values(worker)).toEqual(OTHERS)
  })

  test('come up whole: the kernel values are planned before k3s starts', async () => {
    const file = site.spec('two-vps', text)
    const planned = ForecastSchema.parse(JSON.parse(await site.must(['plan', '-f', file, '-o', 'json'])))
    const kinds = planned.phases.map((phase) => phase.lines.map((line) => `${line.kind} ${line.host}`).toSorted())
    expect(kinds).toEqual([
      ['binary.install master', 'binary.install worker'],
      ['k3s.config master', 'k3s.config worker', 'sysctl.set master', 'sysctl.set worker'],
      ['k3s.start master'],
      ['k3s.start worker', 'schedule.set master'],
    ])
    await site.must(['apply', '-f', file, '--yes', '--wait'], { timeoutMs: 280_000 })
    kubeconfig = join(site.place, 'two-vps.yaml.kubeconfig')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'two-vps']), { mode: 0o600 })
    if (site.k3s.isReal) await kubectl('create', 'service', 'loadbalancer', 'public', '--tcp=80:80')
    expect((await site.drover(['apply', '-f', file])).stdout).toContain('Nothing to do')
  })

  test('protect-kernel-defaults: the kubelets run, with the values that they insist on', async () => {
    for (const host of [master, worker]) {
      expect(await values(host)).toEqual(KUBELET_SYSCTLS)
      expect(await host.readFile(DROVER.sysctlFile)).toContain('\nkernel.panic = 10\n')
      expect(await host.readFile('/etc/rancher/k3s/config.yaml.d/50-drover.yaml')).toContain('protect-kernel-defaults: true')
      if (!site.k3s.isReal) continue
      const shown = await kubectl('get', '--raw', `/api/v1/nodes/${host.name}/proxy/configz`)
      expect(JSON.parse(shown)).toMatchObject({ kubeletconfig: { protectKernelDefaults: true } })
    }
  })

  test('labels and taint are on the Nodes, and only there', async () => {
    const control = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }
    const nodes = await until('the last taints of the start to go', async () => {
      const both = await Promise.all([nodeOf(master), nodeOf(worker)])
      const taints = both.flatMap((node) => node?.spec.taints ?? [])
      return taints.length === 1 ? both : null
    })
    expect(nodes).toMatchObject([
      { metadata: { labels: { 'node-role': 'master', 'node-role.kubernetes.io/control-plane': 'true' } }, spec: { taints: [control] } },
      { metadata: { labels: { 'node-role': 'worker' } } },
    ])
  })

  test('tls-san and write-kubeconfig-mode: the public address is on the certificate, the kubeconfig is root alone', async () => {
    const shown = await site.lab.admin.exec([process.execPath, '-e', NAMES_ON, master.address])
    expect(shown.stdout).toContain('IP Address:198.51.100.11')
    expect(shown.stdout).toContain(`IP Address:${master.address}`)
    expect(await master.must('stat -c "%a %U" /etc/rancher/k3s/k3s.yaml')).toBe('600 root\n')
  })

  test('disable: neither Traefik nor ServiceLB is there', async () => {
    const there = await Promise.all(['deployments', 'daemonsets', 'jobs', 'pods'].map((kind) => kubectl('get', kind, '-A', '-o', 'name')))
    expect(there.join('')).not.toMatch(/traefik|svclb/)
    if (!site.k3s.isReal) return
    expect(await master.must('ls /var/lib/rancher/k3s/server/manifests')).not.toContain('traefik')
    // The Service was made when the cluster came up: ServiceLB answers one with a daemon set within a second, and gives it an address.
    expect(await kubectl('get', 'service', 'public', '-o', 'jsonpath={.status.loadBalancer}')).toBe('{}')
  })

  test('secrets-encryption and flannel-backend are those of the spec', async () => {
    const drop = await master.readFile('/etc/rancher/k3s/config.yaml.d/50-drover.yaml')
    expect(drop).toContain('secrets-encryption: true')
    expect(drop).toMatch(/flannel-backend: "?vxlan/)
    if (!site.k3s.isReal) return
    expect(await master.must('k3s secrets-encrypt status')).toMatch(/Encryption Status: Enabled/)
    await kubectl('create', 'secret', 'generic', 'hidden', '--from-literal=word=rosebud-in-the-clear')
    await kubectl('create', 'configmap', 'shown', '--from-literal=word=magnolia-in-the-clear')
    const inDatastore = async (word: string): Promise<boolean> => (await master.sh(`cat /var/lib/rancher/k3s/server/db/state.db* | grep -q ${word}`)).code === 0
    expect([await inDatastore('magnolia-in-the-clear'), await inDatastore('rosebud-in-the-clear')]).toEqual([true, false])
    for (const host of [master, worker]) expect(await host.must('ip -d link show flannel.1')).toContain('vxlan')
  })

  test('the deleted cluster gives the kernel back what it had', async () => {
    await site.must(['delete', 'cluster', 'two-vps', '--confirm', 'two-vps', '--wait'], { timeoutMs: 280_000 })
    for (const host of [master, worker]) {
      expect(await values(host)).toEqual(OTHERS)
      expect(await host.sh(`ls ${DROVER.sysctlFile} ${DROVER.sysctlBefore}`)).toMatchObject({ code: 2 })
    }
  })
})
