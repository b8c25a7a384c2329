import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aptMirror } from './apt-mirror.ts'
import { run, runOrThrow } from './command.ts'
import { withFileLock } from './file-lock.ts'
import { cacheFolder } from './paths.ts'

const suite = 'bookworm'

/** What a lab host has beyond Debian's minimal base: about what a small server has, and no Node. */
const packages = [
  'ca-certificates',
  'conntrack',
  'curl',
  'dbus',
  'iproute2',
  'iptables',
  'iputils-ping',
  'kmod',
  'libstdc++6',
  'mount',
  'nftables',
  'openssh-server',
  'procps',
  'systemd',
  'systemd-sysv',
  'util-linux',
  'xz-utils',
]

/** Not for hosts: its program lies beside the root, for the stand-in for k3s, and the package is gone again. */
const besideRoot = 'etcd-server'

/** Where `rootImage` leaves the program of `besideRoot`, seen from the root. */
export const etcdOf = (root: string): string => join(root, '../etcd')

/** Bump it when `finish` changes: an image is known by its recipe. */
const recipe = 2

/** Path of the root file system that all hosts stand on; builds it once (about a minute), then it is cached. */
export async function rootImage(say: (line: string) => void = () => {}): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify({ suite, packages, besideRoot, recipe })).digest('hex').slice(0, 16)
  const image = join(cacheFolder(), hash)
  if (existsSync(image)) return join(image, 'root')
  await withFileLock(join(cacheFolder(), 'image.lock'), async () => {
    if (existsSync(image)) return
    say('building the root image of the lab hosts (once, a minute or two)')
    removeUnfinished()
    const unfinished = join(cacheFolder(), `unfinished-${process.pid}`)
    await debootstrap(unfinished)
    await setAside(join(unfinished, 'root'))
    finish(join(unfinished, 'root'))
    renameSync(unfinished, image)
  })
  return join(image, 'root')
}

async function debootstrap(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const argv = ['debootstrap', '--variant=minbase', `--include=${[...packages, besideRoot].join(',')}`]
  const result = await run([...argv, suite, join(folder, 'root'), aptMirror(suite)], { timeoutMs: 15 * 60_000 })
  if (result.code === 0) return
  const log = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-12).join('\n')
  rmSync(folder, { recursive: true, force: true })
  throw new Error(`debootstrap ended with ${result.code}; its last lines:\n${log}`)
}

// only the holder of the lock comes here, so what is unfinished is abandoned
function removeUnfinished(): void {
  const names = readdirSync(cacheFolder()).filter((name) => name.startsWith('unfinished-'))
  for (const name of names) rmSync(join(cacheFolder(), name), { recursive: true, force: true })
}

/** Takes the program of `besideRoot` out of the root, and removes its package there. */
async function setAside(root: string): Promise<void> {
  copyFileSync(join(root, 'usr/bin/etcd'), etcdOf(root))
  // or its removal script asks for the init system, which does not run here
  const policy = join(root, 'usr/sbin/policy-rc.d')
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  await runOrThrow(['chroot', root, 'dpkg', '--purge', besideRoot])
  rmSync(policy)
}

/** Takes out what a host must have of its own (identity, keys) and what belongs to this machine. */
function finish(root: string): void {
  const ssh = join(root, 'etc/ssh')
  const keys = readdirSync(ssh).filter((name) => name.startsWith('ssh_host_'))
  const own = ['etc/hostname', 'etc/resolv.conf', 'etc/machine-id', 'var/lib/dbus/machine-id', 'etc/apt/sources.list']
  for (const path of [...own.map((name) => join(root, name)), ...keys.map((key) => join(ssh, key))]) {
    rmSync(path, { force: true })
  }
  for (const folder of ['var/cache/apt/archives', 'var/lib/apt/lists', 'var/log/journal']) {
    rmSync(join(root, folder), { recursive: true, force: true })
    mkdirSync(join(root, folder), { recursive: true })
  }
  writeFileSync(join(root, 'etc/machine-id'), '')
  symlinkSync('/etc/machine-id', join(root, 'var/lib/dbus/machine-id'))
  const wants = join(root, 'etc/systemd/system/multi-user.target.wants/systemd-networkd.service')
  symlinkSync('/lib/systemd/system/systemd-networkd.service', wants)
}
