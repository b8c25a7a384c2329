import { type Host, type Inventory, render } from '@drover/protocol'
import { cleanText } from '../clean-text.ts'
import { etcdWord } from './listings.ts'
import { span } from './table.ts'

/** Everything known of a host, each section with its age. */
export const describeHost = (host: Host, now: number): string => {
  const age = (section: string): string => {
    const at = host.seenAt[section]
    return at === undefined ? 'not seen yet' : `${span(now - at)} ago${host.stale.includes(section) ? ', STALE: nothing is planned on it' : ''}`
  }
  return cleanText(
    [
      heading(host, now),
      `\nk3s (${age('facts')})\n${unit(host)}`,
      `\nFirewall (${age('facts')})\n${firewall(host)}`,
      `\nHardware (${age('hardware')})\n${hardware(host.inventory)}`,
      `\nNetwork (${age('network')})\n${network(host.inventory)}`,
      `\nState (${age('state')})\n${state(host.inventory)}`,
      host.findings.length === 0 ? '' : `\nFindings\n${host.findings.map((said) => `  ${render(said)}\n`).join('')}`,
    ].join(''),
  )
}

const known = (value: string | null): string => value ?? '-'

const heading = (host: Host, now: number): string => {
  const labels = Object.entries(host.labels).map(([key, value]) => `${key}=${value}`)
  const clock = host.clockOffsetMs === null ? '-' : `${String(host.clockOffsetMs)} ms`
  return [
    `Host ${host.name}   ${host.state}   ${host.online ? 'connected' : 'away'}   from ${known(host.address)}\n`,
    `  id ${host.id}   key ${host.fingerprint}   agent ${known(host.agentVersion)}   enrolled ${span(now - host.enrolledAt)} ago\n`,
    `  cluster ${known(host.cluster)}   role ${known(host.role)}   node ${known(host.node)}   clock ${clock}\n`,
    `  labels ${labels.join(', ') || '-'}\n`,
  ].join('')
}

const unit = ({ k3s, etcd }: Host): string => {
  if (k3s === null) return '  none\n'
  const member = etcd === null ? '' : `  etcd ${etcdWord(etcd)}, member ${etcd.id}\n`
  return `  ${k3s.state}   ${k3s.version ?? ''}\n${member}${k3s.lastFatal === null ? '' : `  last fatal line: ${k3s.lastFatal}\n`}`
}

const firewall = ({ firewall: seen }: Host): string => {
  if (seen === null) return '  not told yet\n'
  const rules = seen.rules === null ? '' : `, rules ${seen.rules.slice(0, 12)}`
  const repairs = seen.repairs === 0 ? '' : `, put back ${String(seen.repairs)} ${seen.repairs === 1 ? 'time' : 'times'}`
  return `  ${seen.state}${rules}${repairs}\n${seen.unread === null ? '' : `  it could not be read: ${seen.unread}\n`}${seen.inCharge === null ? '' : `  another one is in charge: ${seen.inCharge}\n`}`
}

const words = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ')

const hardware = ({ hardware: seen }: Inventory): string =>
  seen === undefined
    ? '  -\n'
    : [
        `  ${words(seen.system.manufacturer, seen.system.model, seen.system.virtual ? '(virtual)' : '') || 'no model is told'}   BIOS ${words(seen.bios.vendor, seen.bios.version) || 'not told'}\n`,
        `  ${seen.os.distro} ${seen.os.release}, kernel ${seen.os.kernel}, ${seen.os.arch}\n`,
        `  ${String(seen.cpu.cores)} CPUs ${seen.cpu.brand}, ${String(seen.memoryMb)} MB of memory\n`,
        ...seen.disks.map((disk) => `  disk ${words(disk.device, disk.type, `${String(disk.sizeMb)} MB`, disk.model)}\n`),
      ].join('')

const network = ({ network: seen }: Inventory): string =>
  seen === undefined
    ? '  -\n'
    : [
        ...seen.nics.map((nic) => `  ${nic.name} ${nic.state} ${nic.mac} mtu ${String(nic.mtu)} ${nic.kind ?? 'hardware'}: ${nic.addresses.map((one) => `${one.ip}/${String(one.prefix)}`).join(', ') || 'no address'}\n`),
        seen.defaultRoute === null ? '  default route: none\n' : `  default route: ${seen.defaultRoute.via ?? 'direct'} on ${seen.defaultRoute.iface}   evidence: ${seen.defaultRoute.evidence}\n`,
        ...seen.routes.filter((route) => route.dst !== 'default').map((route) => `  route ${route.dst} ${route.via === null ? 'direct' : `by ${route.via}`} on ${route.dev} metric ${String(route.metric)} table ${route.table}\n`),
      ].join('')

const state = ({ state: seen }: Inventory): string =>
  seen === undefined
    ? '  -\n'
    : [
        `  cgroup ${seen.cgroup}   ports in use: ${seen.usedPorts.join(', ') || 'none that k3s needs'}\n`,
        `  data disk ${seen.data.path} ${seen.data.filesystem}, ${String(seen.data.freeMb)} MB free, fsync p99 ${seen.data.fsyncP99Us === null ? 'not measured' : `${String(seen.data.fsyncP99Us)} us`}\n`,
        `  modules ${Object.entries(seen.modules).map(([name, is]) => `${name} ${is}`).join(', ')}\n`,
        seen.foreignK3s.length === 0 ? '' : `  a k3s that Drover did not install: ${seen.foreignK3s.join(', ')}\n`,
      ].join('')
