import type { StepKind } from '@drover/protocol'
import { binaryInstall } from './binary-install.ts'
import { k3sConfig } from './k3s-config.ts'
import { k3sStart } from './k3s-start.ts'
import { k3sUninstall } from './k3s-uninstall.ts'
import { kubeconfigRead } from './kubeconfig-read.ts'
import type { StepModule } from './step.ts'
import { sysctlSet } from './sysctl-set.ts'

/** The verbs of every step of the catalogue. */
export const STEP_MODULES = {
  'binary.install': binaryInstall,
  'sysctl.set': sysctlSet,
  'k3s.config': k3sConfig,
  'k3s.start': k3sStart,
  'kubeconfig.read': kubeconfigRead,
  'k3s.uninstall': k3sUninstall,
} as const satisfies { [K in StepKind]: StepModule<K> }

/** The module of an order's kind. An order was typed by its kind, so module and params belong together. */
export const moduleOf = (kind: StepKind): StepModule<StepKind> => STEP_MODULES[kind] as unknown as StepModule<StepKind>
