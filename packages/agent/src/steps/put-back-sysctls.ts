import { DROVER, sysctlsToPutBack } from '@drover/protocol'
import type { HostWriter } from '../host/host.ts'
import { absolutePath } from '../host/path.ts'
import { readSysctls } from '../host/read-sysctls.ts'
import { setSysctls } from './sysctl-set.ts'

/** The file and the mark of sysctl.set. */
export const SYSCTL_TRACES = [DROVER.sysctlFile, DROVER.sysctlBefore] as const

/** Gives the kernel back what it had before sysctl.set, then removes file and mark; says what was done. Safe to repeat. */
export const putBackSysctls = async (host: HostWriter): Promise<readonly string[]> => {
  const changed = await setSysctls(host, sysctlsToPutBack(await readSysctls(host)))
  const removed: string[] = []
  for (const path of SYSCTL_TRACES) {
    if ((await host.stat(absolutePath(path))) === null) continue
    await host.remove(absolutePath(path))
    removed.push(path)
  }
  return [...changed.map((name) => `sysctl ${name}`), ...removed]
}
