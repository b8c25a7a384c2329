/** What a step will do, for forecasts, logs and docs. */
export const STEP_SENTENCES = {
  'step.binary.install': 'install k3s {version} from {origin}',
  'step.sysctl.set': 'set {values}, now and at every boot',
  'step.k3s.config': 'write the k3s {role} settings of cluster {cluster}',
  'step.route.keep': 'make a default route that leads nowhere, and one to {services} on {iface}, and keep both',
  'step.k3s.start.server': 'start k3s server of cluster {cluster}',
  'step.k3s.start.agent': 'start k3s agent of cluster {cluster}',
  'step.kubeconfig.read': 'read the kubeconfig, sealed to whoever asked, for {server}',
  'step.k3s.uninstall': 'uninstall the k3s {role} of cluster {cluster}',
  'step.snapshot.take': 'take snapshot {name} of cluster {cluster}',
  'step.snapshot.delete': 'delete snapshot {name} of cluster {cluster}',
  'step.snapshot.delete.irreversible': 'a snapshot that was deleted cannot be had back',
  'step.k3s.restore': 'put snapshot {snapshot} in the place of the data of cluster {cluster} (incarnation {incarnation}); the data before is set aside',
  'step.k3s.uninstall.irreversible': 'the data of k3s is deleted; only a snapshot brings it back',
  'step.schedule.set': 'set the schedules of the host: {names} ({cron}, {zone})',
  'step.schedule.set.none': 'take the schedules off the host',
} as const
