import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, existsSync } from 'node:fs'
import type { Machine } from '@drover/protocol'

/**
 * Hashes that tell this machine from another without naming it: machine-id, the board's UUID, and the sorted permanent
 * MACs of its hardware (a container has none: there it is the MAC of its first Ethernet link). `root` is empty on a
 * real host. Null where the host does not have one.
 */
export const machineHashes = (root = ''): Machine => ({
  machineId: hashOf('machine-id', textAt(`${root}/etc/machine-id`)),
  productUuid: hashOf('product-uuid', textAt(`${root}/sys/class/dmi/id/product_uuid`).toLowerCase()),
  macs: hashOf('macs', permanentMacs(`${root}/sys/class/net`).join(' ')),
})

const hashOf = (what: string, value: string): string | null =>
  value === '' ? null : createHash('sha256').update(`drover1 ${what}\0${value}`).digest('hex')

const textAt = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

const permanentMacs = (folder: string): readonly string[] => {
  const names = existsSync(folder) ? readdirSync(folder) : []
  const links = names.map((name) => `${folder}/${name}`).filter((link) => textAt(`${link}/type`) === '1')
  const hardware = links.filter((link) => existsSync(`${link}/device`)).flatMap(permanentMac)
  return hardware.length > 0 ? hardware.toSorted() : firstMac(links)
}

/** A member of a bond shows the bond's address, and its own beside it; an address that was drawn or set is no identity. */
const permanentMac = (link: string): readonly string[] => {
  const inBond = textAt(`${link}/bonding_slave/perm_hwaddr`)
  if (inBond !== '') return [inBond]
  return textAt(`${link}/addr_assign_type`) === '0' ? [textAt(`${link}/address`)] : []
}

const firstMac = (links: readonly string[]): readonly string[] => {
  const ranked = links.map((link) => ({ link, index: Number(textAt(`${link}/ifindex`)) })).toSorted((a, b) => a.index - b.index)
  const first = ranked[0]
  return first === undefined ? [] : [textAt(`${first.link}/address`)]
}
