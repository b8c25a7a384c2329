import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Architectures by the names that Debian and k3s use. */
export type Arch = 'amd64' | 'arm64'

/** What the architecture is called elsewhere: npm's and Node's name, the GNU tools' name, the machine number of an ELF file. */
export const ARCHES: Readonly<Record<Arch, { readonly node: 'x64' | 'arm64'; readonly gnu: string; readonly elf: number }>> = {
  amd64: { node: 'x64', gnu: 'x86_64-linux-gnu', elf: 62 },
  arm64: { node: 'arm64', gnu: 'aarch64-linux-gnu', elf: 183 },
}

/** The architecture of this machine. */
export const ownArch = (): Arch => (process.arch === 'arm64' ? 'arm64' : 'amd64')

/** Where things are taken from and kept: the repository's root and a cache folder that may be deleted at any time. */
export interface Places {
  readonly root: string
  readonly cache: string
}

/** A Node binary without its symbols, and its licence. */
export interface Runtime {
  readonly node: string
  readonly license: string
}

/** Node for an architecture, from the installed package or fetched and checked against the lock file, stripped, cached. */
export const runtimeFor = (arch: Arch, places: Places): Runtime => {
  const { version, integrity } = lockedNode(readFileSync(join(places.root, 'pnpm-lock.yaml'), 'utf8'), arch)
  const strip = stripFor(arch)
  const folder = join(places.cache, `node-${version}-${arch}${strip === undefined ? '-whole' : ''}`)
  const runtime = { node: join(folder, 'node'), license: join(folder, 'LICENSE') }
  if (existsSync(runtime.node)) return runtime
  mkdirSync(places.cache, { recursive: true })
  const work = mkdtempSync(join(places.cache, 'work-'))
  const source = arch === ownArch() ? join(places.root, `node_modules/node-linux-${ARCHES[arch].node}`) : fetched({ arch, version, integrity, work })
  copyFileSync(join(source, 'bin/node'), join(work, 'node'))
  copyFileSync(join(source, 'LICENSE'), join(work, 'LICENSE'))
  if (strip !== undefined) execFileSync(strip, [join(work, 'node')])
  const machine = elfMachine(readFileSync(join(work, 'node')))
  if (machine !== ARCHES[arch].elf) throw new Error(`node-linux-${ARCHES[arch].node} holds an ELF file for machine ${String(machine)}, not ${String(ARCHES[arch].elf)}`)
  rmSync(join(work, 'package'), { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
  renameSync(work, folder)
  return runtime
}

/** Version and integrity of a Node package as the lock file has them; throws where it has none. */
export const lockedNode = (lock: string, arch: Arch): { readonly version: string; readonly integrity: string } => {
  const found = new RegExp(`node-linux-${ARCHES[arch].node}@([0-9.]+):\\s+resolution: \\{integrity: (sha512-[A-Za-z0-9+/=]+)`).exec(lock)
  const [, version, integrity] = found ?? []
  if (version === undefined || integrity === undefined) throw new Error(`pnpm-lock.yaml names no node-linux-${ARCHES[arch].node}`)
  return { version, integrity }
}

/** The machine number in an ELF header (62 is x86-64, 183 is AArch64); undefined where the bytes are no 64-bit little-endian ELF. */
export const elfMachine = (bytes: Uint8Array): number | undefined => {
  const head = Buffer.from(bytes.subarray(0, 20))
  if (head.length < 20 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return undefined
  return head.readUInt16LE(18)
}

interface Wanted {
  readonly arch: Arch
  readonly version: string
  readonly integrity: string
  readonly work: string
}

// pnpm installs only the package of its own architecture, so the other one is packed by npm and held against the lock file.
const fetched = ({ arch, version, integrity, work }: Wanted): string => {
  const name = `node-linux-${ARCHES[arch].node}`
  // npm runs on our Node here, which by itself knows none of the authorities that were added to the machine.
  const env = { NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt', ...process.env }
  execFileSync('npm', ['pack', `${name}@${version}`, '--prefer-offline', '--silent', '--pack-destination', work], { cwd: work, env, stdio: ['ignore', 'ignore', 'inherit'] })
  const archive = join(work, `${name}-${version}.tgz`)
  const sum = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (sum !== integrity) throw new Error(`${name}@${version}: the package is not the one in pnpm-lock.yaml (${sum})`)
  execFileSync('tar', ['-xzf', archive, '-C', work, 'package/bin/node', 'package/LICENSE'])
  rmSync(archive)
  return join(work, 'package')
}

// binutils of the host only know their own format; without any the binary stays whole, 18 MB larger.
const stripFor = (arch: Arch): string | undefined => {
  const names = arch === ownArch() ? ['strip', `${ARCHES[arch].gnu}-strip`] : [`${ARCHES[arch].gnu}-strip`]
  return names.find(name => (process.env['PATH'] ?? '').split(':').some(folder => existsSync(join(folder, name))))
}
