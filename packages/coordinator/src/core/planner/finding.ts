import type { Finding, HostId, Said } from '@drover/protocol'

/** Builds a finding about the hosts named. */
export const finding = (level: Finding['level'], said: Said, on: readonly HostId[] = []): Finding => ({ level, said, on })
