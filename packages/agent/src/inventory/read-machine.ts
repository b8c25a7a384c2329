import { hostname, release } from 'node:os'
import process from 'node:process'
import type { HardwareSection } from '@drover/protocol'
import { bios, osInfo, system, type Systeminformation } from 'systeminformation'
import { inTime } from './in-time.ts'

/** System, BIOS and OS by systeminformation; the architecture is that of the Node that runs, the kernel's name comes without a program. */
export const readMachine = async (): Promise<Pick<HardwareSection, 'system' | 'bios' | 'os'>> => {
  const [board, firmware, os] = await Promise.all([inTime(system), inTime(bios), inTime(osInfo)])
  return {
    system: {
      manufacturer: short(board?.manufacturer),
      model: short(board?.model),
      uuid: short(board?.uuid),
      virtual: board?.virtual ?? false,
    },
    bios: { vendor: short(firmware?.vendor), version: short(firmware?.version) },
    os: osOf(os),
  }
}

const osOf = (os: Systeminformation.OsData | null): HardwareSection['os'] => ({
  distro: short(os?.distro),
  release: short(os?.release),
  codename: short(os?.codename),
  kernel: short(release()),
  arch: process.arch === 'arm64' ? 'arm64' : 'amd64',
  hostname: short(hostname()),
})

/** systeminformation writes a dash for what it does not know. */
const short = (text: string | undefined): string => (text === undefined || text === '-' ? '' : text.trim().slice(0, 128))
