import { DROVER, unitOf } from '@drover/protocol'
import { hasOwnRules, K3S_FILES, K3S_FOLDERS, K3S_LINKS, K3S_MARKS, k3sTree, mountedFolders, ownMounts } from '../core/k3s/remains.ts'
import { unitIsOurs } from '../core/k3s/unit.ts'
import type { HostReader } from '../host/host.ts'
import { readText } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'
import { SYSCTL_TRACES } from './put-back-sysctls.ts'

const FAMILIES = ['iptables-save', 'ip6tables-save'] as const

/** Names of network links of this host. */
export const linkNames = async (host: HostReader): Promise<readonly string[]> => (await host.list(absolutePath('/sys/class/net'))) ?? []

const files = async (host: HostReader): Promise<readonly string[]> => {
  const mounted = mountedFolders(await host.mounts())
  const left: string[] = []
  for (const path of [...K3S_FILES, ...K3S_MARKS, DROVER.claim, ...SYSCTL_TRACES, ...K3S_FOLDERS]) {
    if ((await host.stat(absolutePath(path))) === null) continue
    const emptied = mounted.includes(path) && ((await host.list(absolutePath(path))) ?? []).every((name) => name === 'lost+found')
    const text = /\.(?:sh|service)$/.test(path) ? await readText(host, absolutePath(path)) : null
    if (!emptied && (text === null || unitIsOurs(text))) left.push(path)
  }
  return left
}

const units = async (host: HostReader): Promise<readonly string[]> => {
  const left: string[] = []
  for (const role of ['server', 'agent'] as const) {
    const unit = await host.unit(unitOf(role))
    if (unit.active !== 'inactive' && unit.active !== 'failed') left.push(`unit ${unitOf(role)} is ${unit.active}`)
  }
  return left
}

const rules = async (host: HostReader): Promise<readonly string[]> => {
  const left: string[] = []
  for (const tool of FAMILIES) {
    if (!(await host.hasTool(tool))) continue
    const saved = await host.read(tool, [])
    if (hasOwnRules(saved.stdout)) left.push(`rules of k3s in ${tool.replace('-save', '')}`)
  }
  return left
}

/** Everything of k3s that is on the host now, each named as a person would look for it; empty where nothing is. */
export const leftovers = async (host: HostReader): Promise<readonly string[]> => {
  const links = (await linkNames(host)).filter((name) => K3S_LINKS.some((one) => one === name))
  const pids = k3sTree(await host.processes())
  return [
    ...(await units(host)),
    ...pids.map((pid) => `process ${String(pid)}`),
    ...ownMounts(await host.mounts()).map((point) => `mount ${point}`),
    ...links.map((name) => `link ${name}`),
    ...(await files(host)),
    ...(await rules(host)),
  ]
}
