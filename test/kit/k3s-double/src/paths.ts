/** Every file and folder the stand-in knows, below a root that is empty on a host and a folder in a local trial. */
export type Paths = ReturnType<typeof makePaths>

/** k3s's default data folder. */
export const DATA_DIR = '/var/lib/rancher/k3s'

/** Lays out the paths for a data folder (`/var/lib/rancher/k3s` unless `data-dir` says otherwise). */
export function makePaths(root: string, dataDir: string) {
  const data = dataDir === DATA_DIR ? `${root}${DATA_DIR}` : dataDir
  return {
    root,
    data,
    server: `${data}/server`,
    db: `${data}/server/db`,
    tls: `${data}/server/tls`,
    token: `${data}/server/token`,
    agent: `${data}/agent`,
    images: `${data}/agent/images`,
    config: `${root}/etc/rancher/k3s/config.yaml`,
    kubeconfig: `${root}/etc/rancher/k3s/k3s.yaml`,
    nodePassword: `${root}/etc/rancher/node/password`,
    settings: `${root}/etc/k3s-double.json`,
    ledger: `${root}/var/lib/k3s-double/ledger.jsonl`,
    marks: `${root}/var/lib/k3s-double`,
    run: `${root}/run/k3s`,
    flannel: `${root}/run/flannel`,
    kubelet: `${root}/var/lib/kubelet`,
    cni: `${root}/var/lib/cni`,
    logs: `${root}/var/log`,
  }
}
