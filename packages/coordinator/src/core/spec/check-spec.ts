import type { ClusterSpec, Fault } from '@drover/protocol'
import { checkFirewall } from './checks/firewall.ts'
import { checkHosts } from './checks/hosts.ts'
import { checkLabels } from './checks/labels.ts'
import { checkNames } from './checks/names.ts'
import { checkNetwork } from './checks/network.ts'
import { checkOptions } from './checks/options.ts'
import { checkSnapshots } from './checks/snapshots.ts'
import { checkVersion } from './checks/version.ts'
import { faultAt, type Source, type Wrong } from './fault.ts'

/** What one check finds in a spec that has the right form. */
export type Check = (spec: ClusterSpec) => readonly Wrong[]

const CHECKS: readonly Check[] = [checkVersion, checkHosts, checkLabels, checkNetwork, checkNames, checkFirewall, checkOptions, checkSnapshots]

/** What a spec of the right form still says wrongly, each with its place in the text. */
export const checkSpec = (source: Source, spec: ClusterSpec): readonly Fault[] =>
  CHECKS.flatMap((check) => check(spec)).map((wrong) => faultAt(source, wrong))
