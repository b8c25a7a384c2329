import type { StepKind } from '@drover/protocol'
import { binaryInstall } from './binary-install.ts'
import { etcdPromote } from './etcd-promote.ts'
import { etcdRemove } from './etcd-remove.ts'
import { firewallCommit } from './firewall-commit.ts'
import { firewallMembers } from './firewall-members.ts'
import { firewallRemove } from './firewall-remove.ts'
import { firewallStage } from './firewall-stage.ts'
import { k3sConfig } from './k3s-config.ts'
import { k3sRestore } from './k3s-restore.ts'
import { k3sSetAside } from './k3s-set-aside.ts'
import { k3sStart } from './k3s-start.ts'
import { k3sToEtcd } from './k3s-to-etcd.ts'
import { k3sUninstall } from './k3s-uninstall.ts'
import { kubeconfigRead } from './kubeconfig-read.ts'
import { nodeDelete } from './node-delete.ts'
import { nodeDrain } from './node-drain.ts'
import { routeKeep } from './route-keep.ts'
import { snapshotCopy } from './snapshot-copy.ts'
import { snapshotDelete } from './snapshot-delete.ts'
import { snapshotFetch } from './snapshot-fetch.ts'
import { snapshotTake } from './snapshot-take.ts'
import { snapshotTidy } from './snapshot-tidy.ts'
import { scheduleSet } from './schedule-set.ts'
import type { StepModule } from './step.ts'
import { sysctlSet } from './sysctl-set.ts'

/** The verbs of every step of the catalogue. */
export const STEP_MODULES = {
  'binary.install': binaryInstall,
  'sysctl.set': sysctlSet,
  'k3s.config': k3sConfig,
  'route.keep': routeKeep,
  'k3s.start': k3sStart,
  'k3s.to-etcd': k3sToEtcd,
  'etcd.promote': etcdPromote,
  'node.drain': nodeDrain,
  'node.delete': nodeDelete,
  'etcd.remove': etcdRemove,
  'kubeconfig.read': kubeconfigRead,
  'k3s.uninstall': k3sUninstall,
  'snapshot.take': snapshotTake,
  'snapshot.copy': snapshotCopy,
  'snapshot.delete': snapshotDelete,
  'snapshot.tidy': snapshotTidy,
  'snapshot.fetch': snapshotFetch,
  'k3s.restore': k3sRestore,
  'k3s.set-aside': k3sSetAside,
  'schedule.set': scheduleSet,
  'firewall.stage': firewallStage,
  'firewall.commit': firewallCommit,
  'firewall.members': firewallMembers,
  'firewall.remove': firewallRemove,
} as const satisfies { [K in StepKind]: StepModule<K> }

/** The module of an order's kind. An order was typed by its kind, so module and params belong together. */
export const moduleOf = (kind: StepKind): StepModule<StepKind> => STEP_MODULES[kind] as unknown as StepModule<StepKind>
