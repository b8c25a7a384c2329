import { join } from 'node:path'
import type { HostState, PluggedNic } from './lab-state.ts'
import { bare } from './network.ts'

/** What a host is asked to be; the lab adds nothing to it but what `hostExtras` lists. */
export interface HostNeeds {
  readonly state: HostState
  /** The lab's router on the host's first network; null: no default route. */
  readonly gateway: string | null
  readonly node: boolean
  readonly k3sReal: boolean
}

/** A file the lab writes into a host, path absolute within the host. */
export interface ExtraFile {
  readonly path: string
  readonly text: string
  readonly mode?: number
}

/** One thing a lab host has that nobody installed on it, with the reason. Only the lab adds it, never the product. */
export interface HostExtra {
  readonly what: string
  readonly why: string
  readonly when: 'always' | 'node' | 'k3sReal'
  readonly files?: (needs: HostNeeds) => ExtraFile[]
  /** Symbolic links: path within the host, and what it says. */
  readonly links?: Readonly<Record<string, string>>
  /** Folders of this machine, named by an environment variable, whose files are copied; none where it is not set. */
  readonly copies?: readonly { readonly folderNamedBy: string; readonly to: string }[]
  /** Commands run once in the host's file system, before its first boot, where the file that each makes is not there (a copied host has it). */
  readonly commands?: readonly { readonly makes: string; readonly argv: readonly string[] }[]
  /** A file or folder of this machine at a path of the host: `folder` is the host's own on a real file system, `etcd` comes with the image. */
  readonly binds?: readonly { readonly at: string; readonly of: 'folder' | 'node' | 'etcd' }[]
}

/** What a real k3s finds in its data folder at every start: its uninstall takes the folder away, with these in it. */
const beforeK3s = '/usr/lib/drover-lab/k3s'

const startUnit = `[Service]
ExecStartPre=/bin/sh -c 'mkdir -p /var/lib/rancher/k3s && cp -rn ${beforeK3s}/. /var/lib/rancher/k3s'
`

const sshKey = '/etc/ssh/ssh_host_ed25519_key'

const prepareUnit = `[Unit]
Description=What a lab host lacks of a real one
DefaultDependencies=no
Before=sysinit.target systemd-journald.service systemd-networkd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for tree in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$tree" || :; done'
ExecStart=/bin/sh -c 'mount -o remount,bind,ro /sys && mount --make-rshared /'
`

/** Every addition of the lab to a host, in the order they are made. */
export const hostExtras: readonly HostExtra[] = [
  {
    what: 'name and machine-id',
    why: 'hosts stand on one image and each needs an identity of its own; a copied machine-id is asked for, to test clones',
    when: 'always',
    files: ({ state }) => [
      { path: '/etc/hostname', text: `${state.name}\n` },
      { path: '/etc/hosts', text: `127.0.0.1\tlocalhost\n127.0.1.1\t${state.name}\n` },
      { path: '/etc/machine-id', text: `${state.machineId}\n`, mode: 0o444 },
    ],
  },
  {
    what: 'addresses by systemd-networkd, kept while a cable is out',
    why: 'an installer of Debian would have configured them; Debian keeps them without a carrier',
    when: 'always',
    files: ({ state, gateway }) => state.nics.map((nic, place) => networkFile(nic, place === 0 ? gateway : null)),
  },
  {
    what: 'SSH host keys',
    why: 'the image has none, as they must not be the same on all hosts',
    when: 'always',
    commands: [{ makes: sshKey, argv: ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', sshKey] }],
  },
  {
    what: 'lab-prepare.service',
    why:
      'nspawn mounts the cgroup v1 controllers read-only and kubelet makes groups in them; containers need shared mounts; ' +
      'a writable /sys makes networkd wait for a udev that no container runs',
    when: 'always',
    files: () => [{ path: '/etc/systemd/system/lab-prepare.service', text: prepareUnit }],
    links: { '/etc/systemd/system/sysinit.target.wants/lab-prepare.service': '../lab-prepare.service' },
  },
  {
    what: '/var/lib/rancher on a real folder',
    why: 'the host stands on an overlay, and containerd cannot stack its own overlays on one',
    when: 'always',
    binds: [{ at: '/var/lib/rancher', of: 'folder' }],
  },
  {
    what: '/usr/lib/drover-lab/node and etcd',
    why: 'run the stand-in for k3s, which is a script and has no etcd in it; Drover never uses them',
    when: 'node',
    binds: [
      { at: '/usr/lib/drover-lab/node', of: 'node' },
      { at: '/usr/lib/drover-lab/etcd', of: 'etcd' },
    ],
  },
  {
    what: 'k3s.service.d and k3s-agent.service.d',
    why: 'what follows lies in the data folder of k3s, which goes with an uninstall: it is put there before each start',
    when: 'k3sReal',
    files: () => ['k3s', 'k3s-agent'].map((unit) => ({ path: `/etc/systemd/system/${unit}.service.d/50-lab.conf`, text: startUnit })),
  },
  {
    what: 'containerd: restrict_oom_score_adj',
    why: 'test machines lack CAP_SYS_RESOURCE, and runc ends with `can\'t get final child\'s PID from pipe: EOF` there',
    when: 'k3sReal',
    files: () => [
      {
        path: `${beforeK3s}/agent/etc/containerd/config-v3.toml.d/50-lab.toml`,
        text: "[plugins.'io.containerd.cri.v1.runtime']\n  restrict_oom_score_adj = true\n",
      },
    ],
  },
  {
    what: 'kubelet: failCgroupV1: false',
    why:
      'test machines have cgroup v1, at which kubelet stops since Kubernetes 1.35; a drop-in of the kubelet, ' +
      'as /etc/rancher/k3s/config.yaml.d is where Drover writes',
    when: 'k3sReal',
    files: () => [
      {
        path: `${beforeK3s}/agent/etc/kubelet.conf.d/50-lab.conf`,
        text: 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailCgroupV1: false\n',
      },
    ],
  },
  {
    what: 'image archives of the folder that K3S_IMAGES names',
    why: 'nothing can be pulled in a lab, and without the pause image no pod starts',
    when: 'k3sReal',
    copies: [{ folderNamedBy: 'K3S_IMAGES', to: `${beforeK3s}/agent/images` }],
  },
]

/** The additions that a host gets. */
export function extrasFor(needs: HostNeeds): HostExtra[] {
  return hostExtras.filter(
    ({ when }) => when === 'always' || (when === 'node' && needs.node) || (when === 'k3sReal' && needs.k3sReal),
  )
}

function networkFile(nic: PluggedNic, gateway: string | null): ExtraFile {
  const route = gateway === null ? [] : [`Gateway=${bare(gateway)}`]
  const lines = ['[Match]', `Name=${nic.name}`, '', '[Network]', `Address=${nic.address}`, ...route]
  return {
    path: join('/etc/systemd/network', `10-${nic.name}.network`),
    text: `${[...lines, 'ConfigureWithoutCarrier=yes', 'IgnoreCarrierLoss=yes'].join('\n')}\n`,
  }
}
