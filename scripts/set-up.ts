// Installs the Debian packages that lab hosts, verify and packaging need, as root on Debian; says so before. DROVER_SET_UP=no leaves the machine alone.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PACKAGES = {
  'ca-certificates curl xz-utils binutils': 'packaging',
  shellcheck: 'verify',
  'systemd-container debootstrap dbus iproute2 nftables procps': 'lab hosts',
  'openssl strace': 'tests',
  'binutils-aarch64-linux-gnu qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross': 'the arm64 bundle',
} as const

const isInstalled = (name: string): boolean => spawnSync('dpkg-query', ['-W', '-f=${Status}', name], { encoding: 'utf8' }).stdout.includes('install ok installed')

const needed = process.argv.includes('--lab-only') ? ['systemd-container debootstrap dbus iproute2 nftables procps', 'ca-certificates curl xz-utils binutils'] : Object.keys(PACKAGES)
const wanted = needed.flatMap((names) => names.split(' '))
const isDebian = existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-query')
const missing = isDebian ? wanted.filter((name) => !isInstalled(name)) : []

if (missing.length > 0 && process.getuid?.() === 0 && process.env['DROVER_SET_UP'] !== 'no') {
  console.log(`set-up: installing Debian packages: ${missing.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (args: readonly string[]): number => spawnSync('apt-get', [...args], { stdio: ['ignore', 'ignore', 'inherit'], env }).status ?? 1
  if (apt(['update', '-qq']) !== 0 || apt(['install', '-y', '-qq', '--no-install-recommends', ...missing]) !== 0) {
    console.error('set-up: the packages cannot be installed; what needs them is skipped or says so')
  }
} else if (missing.length > 0) {
  console.log(`set-up: these Debian packages are missing: ${missing.join(' ')}; as root they are installed here`)
}
