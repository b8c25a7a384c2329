import { readFileSync } from 'node:fs'

/** Points at which a test may have the process die as by a power cut. */
export const DIE_POINTS = [
  'unpacked',
  'datastore-made',
  'tls-made',
  'before-bootstrap-save',
  'bootstrap-saved',
  'kubeconfig-written',
  'before-ready',
  'after-ready',
] as const

/** One of the named points. */
export type DiePoint = (typeof DIE_POINTS)[number]

/** What a test can turn, from `/etc/k3s-double.json`; times in milliseconds. */
export type Settings = {
  readonly unpackMs: number
  readonly apiMs: number
  readonly kubeletMs: number
  /** From Ready until the role label is there, and again until the taints of a new Node are gone. */
  readonly settleMs: number
  readonly retryMs: number
  readonly configRetryMs: number
  readonly lockWaitMs: number
  readonly heartbeatMs: number
  readonly graceMs: number
  /** Dies here with SIGKILL, once per host (a mark beside the ledger is left), or each time with `dieAlways`. */
  readonly dieAt: DiePoint | undefined
  readonly dieAlways: boolean
  /** Between an etcd leader's looks for a learner to promote. */
  readonly promoteMs: number
  /** Between a start's looks at whether its own member votes. */
  readonly etcdTestMs: number
  /** The etcd that servers run. */
  readonly etcd: string
  /** What a start does that finds a datastore without bootstrap data: SQLite's wait, or etcd's refusal for ever. */
  readonly firstStart: 'sqlite' | 'etcd'
  /** Whether processes, mounts and links are made that outlive the unit. */
  readonly sideEffects: boolean
}

const DEFAULTS: Settings = {
  unpackMs: 50,
  apiMs: 150,
  kubeletMs: 100,
  settleMs: 300,
  retryMs: 2000,
  configRetryMs: 5000,
  lockWaitMs: 5000,
  heartbeatMs: 10_000,
  graceMs: 50_000,
  dieAt: undefined,
  dieAlways: false,
  promoteMs: 15_000,
  etcdTestMs: 500,
  etcd: '/usr/lib/drover-lab/etcd',
  firstStart: 'sqlite',
  sideEffects: true,
}

const readJson = (file: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

/** Reads the test's settings; an unknown key or a value of the wrong type throws, so that a test's typo is seen. */
export function readSettings(file: string): Settings {
  const given = readJson(file)
  for (const [key, value] of Object.entries(given)) {
    if (!(key in DEFAULTS)) throw new Error(`${file}: unknown setting ${key}`)
    const wanted = Object.entries(DEFAULTS).find(([name]) => name === key)?.[1]
    if (wanted !== undefined && typeof value !== typeof wanted) throw new Error(`${file}: ${key} must be a ${typeof wanted}`)
  }
  const dieAt = DIE_POINTS.find((point) => point === given['dieAt'])
  if (given['dieAt'] !== undefined && dieAt === undefined) throw new Error(`${file}: dieAt must be one of ${DIE_POINTS.join(', ')}`)
  return { ...DEFAULTS, ...given, dieAt }
}
