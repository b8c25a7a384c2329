import { cpus, totalmem } from 'node:os'
import type { HardwareSection } from '@drover/protocol'
import { cpu, mem } from 'systeminformation'
import { readDisks } from '../read-disks.ts'
import { readMachine } from '../read-machine.ts'
import { inTime } from '../in-time.ts'

const MB = 1_048_576

/** CPU, memory, disks, BIOS, system and OS. What cannot be found out in time is empty; of processors and memory the kernel tells at once. */
export const collectHardware = async (): Promise<HardwareSection> => {
  const [machine, processor, memory, disks] = await Promise.all([readMachine(), inTime(cpu), inTime(mem), readDisks()])
  const brand = [processor?.manufacturer, processor?.brand].filter((word) => word !== undefined && word !== '').join(' ')
  return {
    ...machine,
    cpu: { brand: brand.slice(0, 128), cores: processor?.cores ?? cpus().length, physicalCores: processor?.physicalCores ?? 0 },
    memoryMb: Math.floor((memory?.total ?? totalmem()) / MB),
    disks,
  }
}
