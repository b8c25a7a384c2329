import { compareVersions } from '@drover/protocol'
import type { ClusterSpec } from '@drover/protocol'
import type { Wrong } from '../fault.ts'

/** Drover's table of options holds from here on. */
const FLOOR = 'v1.32.4+k3s1'
/** Versions with a fault of their own, and what it is. */
const KNOWN_BAD: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  { from: 'v1.32.0+k3s1', to: 'v1.32.3+k3s9', why: 'opens the read-only kubelet port 10255 to everybody (CVE-2025-46599); use v1.32.4+k3s1 or later' },
]

/** Versions that are too old or known to be bad, and an image list without the hash of its binary. */
export const checkVersion = ({ k3s: { version } }: ClusterSpec): readonly Wrong[] => {
  const path = ['k3s', 'version']
  const bad = KNOWN_BAD.find(({ from, to }) => compareVersions(version, from) >= 0 && compareVersions(version, to) <= 0)
  if (bad !== undefined) return [{ path, value: version, reason: bad.why }]
  return compareVersions(version, FLOOR) < 0 ? [{ path, value: version, reason: `is older than ${FLOOR}, the oldest that Drover installs` }] : []
}
