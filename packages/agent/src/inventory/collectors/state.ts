import { access } from 'node:fs/promises'
import { release } from 'node:os'
import { DROVER, type HostStateSection } from '@drover/protocol'
import { foreignK3s, K3S_TRACES } from '../../core/inventory/foreign-k3s.ts'
import { KERNEL_DEFAULTS, sysctlPath } from '../../core/inventory/kernel-defaults.ts'
import { K3S_MODULES, kernelModules } from '../../core/inventory/kernel-modules.ts'
import { parseProcSockets, type Socket } from '../../core/parse/proc-sockets.ts'
import type { CollectorTools } from '../collector.ts'
import { heldPorts } from '../held-ports.ts'
import { readDataDisk } from '../read-data-disk.ts'
import { readText } from '../read-text.ts'
import { socketOwners } from '../socket-owners.ts'

const MARKS = [DROVER.installed, DROVER.claim]

/** Control groups, modules, ports, foreign k3s, sysctls and the data disk. */
export const collectState = async (tools: CollectorTools): Promise<HostStateSection> => {
  const marksBefore = await existing(MARKS)
  const traces = await existing(K3S_TRACES)
  // A step may be at work: it marks before it installs and unmarks after it removes, so either look at the marks counts.
  const marked = marksBefore.size > 0 || (await existing(MARKS)).size > 0
  return {
    cgroup: (await existing(['/sys/fs/cgroup/cgroup.controllers'])).size > 0 ? 'v2' : 'v1',
    modules: await readModules(),
    usedPorts: [...(await readPorts(tools, marked))],
    foreignK3s: [...foreignK3s(traces, marked)],
    kernel: await readKernel(),
    data: await readDataDisk(tools),
  }
}

const existing = async (paths: readonly string[]): Promise<ReadonlySet<string>> => {
  const found = await Promise.all(paths.map((path) => access(path).then(() => [path], () => [])))
  return new Set(found.flat())
}

const readModules = async (): Promise<HostStateSection['modules']> => {
  const folder = `/lib/modules/${release()}`
  const [loaded, builtin, available] = await Promise.all(
    ['/proc/modules', `${folder}/modules.builtin`, `${folder}/modules.dep`].map((path) => readText(path, 8_388_608)),
  )
  return kernelModules({
    loaded: loaded ?? null,
    builtin: builtin ?? null,
    available: available ?? null,
    signs: await existing(Object.values(K3S_MODULES)),
  })
}

const readSockets = async (): Promise<readonly Socket[]> => {
  const read = async (proto: 'tcp' | 'udp', file: string): Promise<readonly Socket[]> => parseProcSockets(proto, (await readText(`/proc/net/${file}`, 16_777_216)) ?? '')
  const all = await Promise.all([read('tcp', 'tcp'), read('tcp', 'tcp6'), read('udp', 'udp'), read('udp', 'udp6')])
  return all.flat()
}

const readPorts = (tools: CollectorTools, marked: boolean): Promise<readonly string[]> =>
  heldPorts({ sockets: readSockets, owners: (inodes) => socketOwners(inodes, marked), ourK3sRuns: async () => marked && (await ourK3sRuns(tools)) })

const FLANNEL = '/sys/class/net/flannel.1'

/**
 * After a stop the containers and flannel's link stay, so a unit that was ever started counts as running; systemd forgets that
 * of one which is stopped and disabled, but not the link, which holds its UDP port in the kernel.
 */
const ourK3sRuns = async (tools: CollectorTools): Promise<boolean> => {
  if ((await existing([FLANNEL])).size > 0) return true
  const units = await Promise.all([tools.host.unit('k3s'), tools.host.unit('k3s-agent')])
  return units.some((unit) => unit.invocation !== '')
}

const readKernel = async (): Promise<Record<string, number>> => {
  const pairs = await Promise.all(
    Object.keys(KERNEL_DEFAULTS).map(async (name) => [name, Number((await readText(sysctlPath(name), 64)) ?? 'NaN')] as const),
  )
  return Object.fromEntries(pairs.filter(([, value]) => Number.isSafeInteger(value)))
}
