import type { HardwareSection } from '@drover/protocol'
import { blockDevices, diskLayout, type Systeminformation } from 'systeminformation'
import { inTime } from './in-time.ts'

type Disk = HardwareSection['disks'][number]
const MB = 1_048_576
const NO_DISK = /^(?:loop|ram|zram|fd|sr|nbd)\d/

/** Whole disks: blockDevices names all of them (diskLayout knows no virtio disk), diskLayout adds model and kind. */
export const readDisks = async (): Promise<Disk[]> => {
  const [devices, layout] = await Promise.all([inTime(blockDevices), inTime(diskLayout)])
  return (devices ?? [])
    .filter((device) => device.type === 'disk' && !NO_DISK.test(device.name))
    .slice(0, 128)
    .map((device) => diskOf(device, layout?.find((one) => one.device === device.device || one.device === `/dev/${device.name}`)))
}

const diskOf = (device: Systeminformation.BlockDevicesData, layout: Systeminformation.DiskLayoutData | undefined): Disk => ({
  device: device.name.slice(0, 128),
  type: typeOf(device, layout).slice(0, 128),
  sizeMb: Math.floor(device.size / MB),
  model: (layout?.name ?? device.model).slice(0, 128),
})

/** A virtio disk reports itself as rotating; what is behind it cannot be seen from inside. */
const typeOf = (device: Systeminformation.BlockDevicesData, layout: Systeminformation.DiskLayoutData | undefined): string => {
  if (/^(?:vd|xvd)/.test(device.name)) return 'virtual'
  return layout?.type ?? device.physical
}
