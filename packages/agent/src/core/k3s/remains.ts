import { DROVER, K3S, ROUTE, uninstallOf, unitFileOf } from '@drover/protocol'

/** Links that k3s, its flannel and Drover's own default route make. */
export const K3S_LINKS = ['cni0', 'flannel.1', 'flannel-v6.1', 'kube-ipvs0', 'flannel-wg', 'flannel-wg-v6', ROUTE.link] as const

/** Folders that only k3s fills; they go with all that is in them, except where something foreign is mounted. */
export const K3S_FOLDERS = [K3S.data, '/run/k3s', '/run/flannel', '/var/lib/kubelet', '/var/lib/cni', '/var/log/pods', '/var/log/containers'] as const

/** Files that Drover or k3s wrote into folders where people have files too. */
export const K3S_FILES = [
  K3S.dropIn,
  K3S.serverToken,
  K3S.agentToken,
  K3S.kubeconfig,
  K3S.killall,
  uninstallOf('server'),
  uninstallOf('agent'),
  unitFileOf('server'),
  unitFileOf('agent'),
  ROUTE.unitFile,
  K3S.binary,
] as const

/** Marks of Drover about k3s, without the claim, which goes last. */
export const K3S_MARKS = [DROVER.schedules, DROVER.fired, DROVER.started, DROVER.installed, DROVER.wasActive, `${DROVER.state}/previous/k3s`] as const

/** Folders in which people may have files: removed only where they are empty afterwards. */
export const SHARED_FOLDERS = [K3S.dropIns, '/etc/rancher/k3s', '/etc/rancher', '/var/lib/rancher', '/run/netns', `${DROVER.state}/previous`] as const

const OWN_MOUNTS = ['/run/k3s', '/var/lib/kubelet/pods', '/var/lib/kubelet/plugins', '/run/netns/cni-'] as const
const PRUNED = [K3S.data, '/var/lib/kubelet', '/run/k3s', '/var/lib/cni'] as const

const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder}/`)

/** Mounts that k3s made, the deepest (and latest) first. */
export const ownMounts = (mounts: readonly string[]): readonly string[] =>
  mounts.filter((point) => OWN_MOUNTS.some((own) => point === own || isBelow(point, own) || (own.endsWith('-') && point.startsWith(own)))).toReversed()

/** Mounts that somebody else made below a folder that is to go: their content must not be touched. */
export const foreignMounts = (mounts: readonly string[]): readonly string[] => {
  const own = new Set(ownMounts(mounts))
  return mounts.filter((point) => !own.has(point) && PRUNED.some((folder) => isBelow(point, folder)))
}

/** Folders that are mount points themselves (a disk for the data): emptied, not removed. */
export const mountedFolders = (mounts: readonly string[]): readonly string[] => K3S_FOLDERS.filter((folder) => mounts.includes(folder))

/** A process as the search for k3s's processes sees it. */
export type Seen = { readonly pid: number; readonly parent: number; readonly exe: string }

/**
 * Pids of what k3s left: programs from below its data folder, and all their descendants. Children come before their
 * parents: ended in this order, what is left is always still found by its parent.
 */
export const k3sTree = (processes: readonly Seen[]): readonly number[] => {
  const found = new Set(processes.filter((one) => isBelow(one.exe, `${K3S.data}/data`) || one.exe === K3S.binary).map((one) => one.pid))
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const one of processes) if (found.has(one.parent)) found.add(one.pid)
  }
  return [...found].toReversed()
}

const OWN_RULE = /KUBE-|CNI-|flannel/i

/** True where the output of iptables-save holds rules or chains of k3s. */
export const hasOwnRules = (saved: string): boolean => saved.split('\n').some((line) => OWN_RULE.test(line) && !line.startsWith('#'))

/** The output of iptables-save without the rules and chains of k3s. */
export const withoutOwnRules = (saved: string): string =>
  saved
    .split('\n')
    .filter((line) => line.startsWith('#') || !OWN_RULE.test(line))
    .join('\n')
