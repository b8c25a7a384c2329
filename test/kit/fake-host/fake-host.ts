import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { COPY_FRAME, type CopyStanding, DroverError, FIREWALL, K3S, ROUTE } from '@drover/protocol'
import { copyDatabase, createFileReader, createFileWriter, type Download, type HostWriter, objectKeys, type Upload } from '@drover/agent'
import { askEtcd, copyMember, promoteLearner, takeOut } from './sim-etcd.ts'
import { cutMove, deleteLink } from './sim-k3s.ts'
import { askApi, runKubectl } from './sim-kubectl.ts'
import { beginReset, isReset } from './sim-reset.ts'
import { expireArmed, listNft, loadNft } from './sim-nft.ts'
import { addServiceRoute, dropRoutesOf, dropServiceRoute, endRoute } from './sim-route.ts'
import { simReload, simUnit, simUnitDo } from './sim-systemd.ts'
import { changeWorld, readWorld, type SimWorld, unitOf } from './world.ts'

/** What a fake host is made of: the folder that stands for `/`, and what origins have by URL. */
export type FakeHostOptions = { readonly root: string; readonly origin?: (url: string) => Uint8Array | null }

const ok = { code: 0, stdout: '', stderr: '', timedOut: false } as const

const askVersion = (root: string, path: string): typeof ok | { code: number; stdout: string; stderr: string; timedOut: boolean } => {
  const version = /^k3s (v\S+)/.exec(readFileSync(`${root}${path}`, 'utf8'))?.[1]
  return version === undefined ? { ...ok, code: 126, stderr: 'Exec format error' } : { ...ok, stdout: `k3s version ${version} (0a1b2c3d)\ngo version go1.26\n` }
}

const download = async (options: FakeHostOptions, wanted: Download): Promise<{ bytes: number; sha256: string }> => {
  const bytes = options.origin?.(wanted.url) ?? null
  if (bytes === null) throw new DroverError('binary.origin', `${wanted.url} answered 404`)
  if (bytes.length > wanted.maxBytes) throw new DroverError('binary.origin', 'too large')
  const path = `${options.root}${wanted.to}`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes, { mode: 0o600 })
  wanted.onBytes(bytes.length, bytes.length)
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** A coordinator that nothing stops; what it has of a copy is kept in the world. */
const uploadedTo = (root: string, url: string): CopyStanding => {
  const { bytes, total } = readWorld(root).uploads[url] ?? { bytes: 0, total: 1 }
  return { bytes, total, whole: bytes === total }
}

const upload = (root: string, { url, from, sealer }: Upload): { sent: number } => {
  const { head, layout, seal } = sealer
  const plain = readFileSync(`${root}${from}`)
  const frames = Array.from({ length: layout.frames }, (_, index) => seal(index, plain.subarray(index * COPY_FRAME, (index + 1) * COPY_FRAME)))
  const sha256 = createHash('sha256').update(Buffer.concat([head, ...frames])).digest('hex')
  changeWorld(root, ({ uploads }) => void (uploads[url] = { bytes: layout.total, total: layout.total, sha256 }))
  return { sent: layout.total }
}

type Ran = { readonly tool: string; readonly args: readonly string[]; readonly stdin: string }

type Result = Omit<typeof ok, 'code' | 'stdout' | 'stderr'> & { readonly code: number; readonly stdout: string; readonly stderr: string }

const readTool = (root: string, tool: string, args: readonly string[]): Result => {
  const world = readWorld(root)
  if (tool === 'ss') return { ...ok, stdout: world.sockets[args[0] ?? ''] ?? '' }
  if (tool !== 'nft') return { ...ok, stdout: tool === 'iptables-save' ? world.iptables : '' }
  const listed = listNft(world, args)
  return listed === null ? { ...ok, code: 1, stderr: 'Error: No such file or directory' } : { ...ok, stdout: listed }
}

const runNft = (root: string, world: SimWorld, args: readonly string[]): Result => {
  const stderr = loadNft(root, world, args.at(-1) ?? '')
  return { ...ok, code: stderr === '' ? 0 : 1, stderr }
}

const runTool = (root: string, { tool, args, stdin }: Ran): Result =>
  changeWorld(root, (world) => {
    if (tool === 'nft') return runNft(root, world, args)
    if (tool === 'systemd-run' && args.includes('--cluster-reset')) beginReset(world, String(args[0]).replace('--unit=', ''), args)
    else if (tool === 'systemd-run') world.timers[`${String(args[0]).replace('--unit=', '')}.timer`] = args.slice(args.indexOf('--') + 1)
    if (tool === 'umount') world.mounts = world.mounts.filter((point) => point !== args.at(-1))
    if (tool === 'iptables-restore') world.iptables = stdin
    if (tool === 'ip') runIp(root, args)
    return ok
  })

const runIp = (root: string, args: readonly string[]): void => {
  if (args[0] === 'link') {
    deleteLink(root, args.at(-1) ?? '')
    dropRoutesOf(root, args.at(-1) ?? '')
  }
  if (args[2] === 'replace') addServiceRoute(root, args[5] ?? '')
  if (args[2] === 'delete') dropServiceRoute(root)
}

/**
 * A host that is a folder: files are real files (through the same code as on a real host), systemd and k3s are simulated
 * just far enough for the steps. Its state lies beside the folder, so killing the process is like killing it on a host.
 */
export const createFakeHost = (options: FakeHostOptions): HostWriter => {
  const { root } = options
  mkdirSync(root, { recursive: true })
  return {
    ...createFileReader(root),
    ...createFileWriter(root),
    freeBytes: async () => 10 ** 12,
    objectKeys: (database) => objectKeys(root, database),
    copyDatabase: (wanted) => copyDatabase(root, wanted),
    copyEtcd: async (wanted) => copyMember(root, wanted),
    read: async (tool, args) => readTool(root, tool, args),
    hasTool: async (tool) => !tool.startsWith('ip6tables'),
    askVersion: async (path) => askVersion(root, path),
    unit: async (name) => simUnit(root, name),
    log: async (name, after) => {
      const all = readWorld(root).units[name]?.log ?? []
      return { lines: all.slice(after === '' ? 0 : Number(after)), cursor: String(all.length) }
    },
    get: async (request) => {
      if (readWorld(root).units['k3s']?.active !== 'active') return null
      return request.url.startsWith('https://127.0.0.1:6443/') ? askApi(root, request.url) : askEtcd(root, request)
    },
    promoteMember: async (id) => (readWorld(root).units['k3s']?.active === 'active' ? promoteLearner(root, id) : null),
    removeMember: async (id) => (readWorld(root).units['k3s']?.active === 'active' ? takeOut(root, id) : null),
    kubectl: async (args) => runKubectl(root, args),
    mounts: async () => readWorld(root).mounts,
    processes: async () => readWorld(root).processes,
    pause: async () => undefined,
    change: async (tool, args, stdin) => runTool(root, { tool, args, stdin: stdin ?? '' }),
    unitDo: async (verb, unit) => simUnitDo(root, verb, unit),
    daemonReload: async () => simReload(root),
    kill: async (pid) =>
      changeWorld(root, (world) => {
        world.processes = world.processes.filter((one) => one.pid !== pid)
      }),
    download: (wanted) => download(options, wanted),
    uploaded: async ({ url }) => uploadedTo(root, url),
    upload: async (wanted) => upload(root, wanted),
  }
}

/** Has k3s print this line and stay down from now on; null lets it come up. */
export const setStartFault = (root: string, line: string | null): void =>
  changeWorld(root, (world) => {
    world.startFault = line
  })

/** The time of what is staged is over: the kernel lets go, or PID 1 runs what its timer was given. */
export const passWindow = (root: string, by: 'kernel' | 'timer'): void =>
  changeWorld(root, (world) => {
    if (by === 'kernel') return expireArmed(world)
    for (const [unit, command] of Object.entries(world.timers)) {
      loadNft(root, world, command.at(-1) ?? '')
      delete world.timers[unit]
    }
  })

/** Somebody else runs `nft flush ruleset`. */
export const flushRules = (root: string): void =>
  changeWorld(root, (world) => {
    world.nft = null
  })

/** What k3s did on the host so far, in order. */
export const ledgerOf = (root: string): readonly string[] => readWorld(root).ledger

/** Cuts the power and boots again: what is enabled starts by itself, with another invocation. */
export const powerCycle = (root: string): void => {
  const enabled = [FIREWALL.unit, ROUTE.unit, 'k3s', 'k3s-agent'].filter((name) => readWorld(root).units[name]?.enabled === true)
  changeWorld(root, (world) => {
    world.nft = null
    world.timers = {}
    if (world.units['k3s']?.active === 'activating') cutMove(root, world)
    for (const name of Object.keys(world.units).filter(isReset)) delete world.units[name]
    for (const unit of Object.values(world.units)) Object.assign(unit, { active: 'inactive', invocation: '', restarts: 0, read: null })
    world.processes = []
    world.mounts = ['/']
    unitOf(world, 'k3s')
  })
  rmSync(`${root}/run/systemd`, { recursive: true, force: true })
  endRoute(root)
  simReload(root)
  for (const name of enabled) simUnitDo(root, 'start', name)
}

/** A file that the fake host takes for a k3s of this version. */
export const fakeBinary = (version: string): Uint8Array => new TextEncoder().encode(`k3s ${version}\n${K3S.binary}\n`)
