import { compareVersions } from '@drover/protocol'

/**
 * The feature gates that a spec may turn, each with the Kubernetes release that locked it to true (kube_features.go); null while none has.
 * Every one of them is known from v1.32 to v1.36.
 */
export const GATE_LOCKED_FROM: Readonly<Record<string, string | null>> = {
  GracefulNodeShutdown: null,
  ImageVolume: 'v1.36',
  InPlacePodVerticalScaling: 'v1.35',
  NodeSwap: 'v1.34',
  SidecarContainers: 'v1.33',
  UserNamespacesSupport: 'v1.36',
}

/** Why k3s of that version would not start with these `Gate=bool` pairs; null where it would. */
export const lockedGate = (pairs: string, version: string): string | null => {
  for (const pair of pairs.split(',')) {
    const [gate = '', value] = pair.split('=')
    const from = Object.hasOwn(GATE_LOCKED_FROM, gate) ? GATE_LOCKED_FROM[gate] : null
    const isLocked = typeof from === 'string' && compareVersions(version, `${from}.0+k3s0`) >= 0
    if (value === 'false' && isLocked) return `${gate} cannot be turned off since Kubernetes ${from}: k3s would not start`
  }
  return null
}
