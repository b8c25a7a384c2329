import { describe, expect, it } from 'vitest'
import { foreignMounts, hasOwnRules, k3sTree, mountedFolders, ownMounts, withoutOwnRules } from './remains.ts'

describe('mounts', () => {
  const mounts = ['/', '/var/lib/rancher', '/run/k3s/containerd/x/rootfs', '/var/lib/kubelet/pods/a/volumes/nfs', '/run/netns/cni-1', '/run/netns/mine', '/home']

  it('of k3s are undone from the latest to the first', () => {
    expect(ownMounts(mounts)).toEqual(['/run/netns/cni-1', '/var/lib/kubelet/pods/a/volumes/nfs', '/run/k3s/containerd/x/rootfs'])
    expect(foreignMounts(mounts)).toEqual([])
  })

  it.each(['/var/lib/rancher/k3s/storage', '/var/lib/kubelet/device-plugins', '/var/lib/cni/x'])('of somebody else below a folder that is to go are named: %s', (point) => {
    expect(foreignMounts([...mounts, point])).toEqual([point])
  })

  it('on a folder itself mean that it is emptied and stays', () => {
    expect(mountedFolders([...mounts, '/var/lib/rancher/k3s'])).toEqual(['/var/lib/rancher/k3s'])
    expect(foreignMounts([...mounts, '/var/lib/rancher/k3s'])).toEqual([])
  })
})

describe('k3sTree', () => {
  const shim = { pid: 10, parent: 1, exe: '/var/lib/rancher/k3s/data/0a/bin/containerd-shim-runc-v2' }
  const pause = { pid: 11, parent: 10, exe: '/pause' }
  const app = { pid: 5, parent: 11, exe: '/usr/bin/app' }

  it('holds shims with all below them, children before parents', () => {
    const pids = k3sTree([app, shim, pause, { pid: 2, parent: 1, exe: '/usr/bin/app' }])
    expect(pids.toSorted((a, b) => a - b)).toEqual([5, 10, 11])
    expect(pids.indexOf(5)).toBeLessThan(pids.indexOf(11))
    expect(pids.indexOf(11)).toBeLessThan(pids.indexOf(10))
  })

  it("leaves another containerd's shims alone", () => {
    expect(k3sTree([{ pid: 3, parent: 1, exe: '/usr/bin/containerd-shim-runc-v2' }, { pid: 4, parent: 1, exe: '/var/lib/rancher/k3s/database' }])).toEqual([])
  })
})

describe('packet rules', () => {
  const saved = '# made by kube-\n*nat\n:KUBE-SERVICES - [0:0]\n:MINE - [0:0]\n-A MINE -j ACCEPT\n-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG\n-A PREROUTING -j CNI-HOSTPORT-DNAT\nCOMMIT\n'

  it('of k3s are taken out, all others stay', () => {
    expect(hasOwnRules(saved)).toBe(true)
    expect(withoutOwnRules(saved)).toBe('# made by kube-\n*nat\n:MINE - [0:0]\n-A MINE -j ACCEPT\nCOMMIT\n')
    expect(hasOwnRules(withoutOwnRules(saved))).toBe(false)
  })
})
