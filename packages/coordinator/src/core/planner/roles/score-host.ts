import { type HostView, type Measured, render, say } from '@drover/protocol'
import { DISK_MB, FSYNC_US, MEMORY_MB } from '../findings/host-fit.ts'

/** How well a machine would serve as server: larger is better, compared from the first number on; `text` says it to people. */
export type Grade = { readonly score: readonly number[]; readonly text: string }

const textOf = (measured: Measured): string =>
  render(
    say('grade', {
      cpus: measured.cpus,
      memory: measured.memoryMb,
      disk: measured.diskFreeMb,
      fsync: measured.fsyncP99Us === null ? render(say('grade.not-measured')) : `${(measured.fsyncP99Us / 1000).toFixed(1)} ms`,
    }),
  )

/** What would be a fatal finding on a server: such a host is chosen last, so that the finding names why none is better. */
const isUnfit = ({ foreignK3s, usedPorts, diskFreeMb }: Measured): boolean =>
  foreignK3s.length > 0 || usedPorts.some((port) => port.startsWith('tcp/6443')) || diskFreeMb < DISK_MB.least

const fsyncClass = (us: number | null): number => (us === null ? 1 : us <= FSYNC_US ? 2 : 0)

/** Grades a host by its inventory: fit at all, enough memory and CPUs for a server, quick disk, then memory (in GB), CPUs and disk. */
export const scoreHost = (host: HostView): Grade => {
  const measured = host.measured?.value
  if (measured === undefined) return { score: [], text: render(say('grade.not-measured')) }
  const isEnough = measured.memoryMb >= MEMORY_MB.server && measured.cpus >= 2
  return {
    score: [
      isUnfit(measured) ? 0 : 1,
      isEnough ? 1 : 0,
      fsyncClass(measured.fsyncP99Us),
      Math.floor(measured.memoryMb / 1024),
      measured.cpus,
      measured.diskFreeMb >= DISK_MB.good ? 1 : 0,
    ],
    text: textOf(measured),
  }
}

/** Negative where the first grade is the better one. */
export const compareGrades = (a: Grade, b: Grade): number => {
  for (const [index, score] of a.score.entries()) {
    const difference = (b.score[index] ?? -1) - score
    if (difference !== 0) return difference
  }
  return b.score.length - a.score.length
}
