/** What a step will do, for forecasts, logs and docs. */
export const STEP_SENTENCES = {
  'step.binary.install': 'install k3s {version} from {origin}',
  'step.sysctl.set': 'set {values}, now and at every boot',
  'step.k3s.config': 'write the k3s {role} settings of cluster {cluster}',
  'step.k3s.start.server': 'start k3s server of cluster {cluster}',
  'step.k3s.start.agent': 'start k3s agent of cluster {cluster}',
  'step.kubeconfig.read': 'read the kubeconfig, sealed to whoever asked, for {server}',
  'step.k3s.uninstall': 'uninstall the k3s {role} of cluster {cluster}',
  'step.k3s.uninstall.irreversible': 'the data of k3s is deleted; only a snapshot brings it back',
  'step.firewall.stage': 'guard {nics}: new firewall rules for {seconds} s, unless they are committed',
  'step.firewall.commit': 'keep the firewall rules {rules}',
  'step.firewall.members': 'let {nodes} nodes ({servers} servers) through the firewall',
  'step.firewall.remove': 'remove the firewall of Drover',
} as const
