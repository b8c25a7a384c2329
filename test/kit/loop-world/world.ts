import type {
  ClusterSpec,
  ErrorCode,
  Forecast,
  HostFacts,
  HostId,
  HostView,
  Measured,
  OpenOrder,
  Request,
  Run,
  Settled,
  StepKind,
  Time,
} from '@drover/protocol'

/** A host as it really is, beside what the coordinator last saw of it. */
export type WorldHost = {
  readonly id: HostId
  readonly name: string
  readonly labels: Record<string, string>
  readonly arch: HostView['arch']
  state: HostView['state']
  online: boolean
  /** Connected, but no facts come. */
  silent: boolean
  seenAt: Time
  cluster: string | null
  measured: Measured
  /** The truth; the view shows it as of `seenAt`. */
  facts: HostFacts
  seen: HostFacts
  /** When the kubelet becomes Ready; null: not started. */
  readyAt: Time | null
  /** The kubelet does not become Ready. */
  late: boolean
  /** When rules of the firewall that are on trial are taken back; null: none are. */
  trialEnds: Time | null
  /** Nobody gets through to the host from outside. */
  unreachable: boolean
  /** Its nft answers nothing. */
  unread: boolean
}

/** An order on its way: when it ends, unless its host is away. */
export type WorldOrder = OpenOrder & { readonly kind: StepKind; readonly params: unknown; readonly endsAt: Time }

/** One cluster of the coordinator. */
export type WorldCluster = {
  readonly name: string
  spec: ClusterSpec
  settled: Settled | null
  incarnation: number
  draft: { readonly forecast: Forecast; readonly settled: Settled; readonly spec: ClusterSpec } | null
  forecast: Forecast | null
  run: Run | null
  requests: Request[]
  open: WorldOrder[]
  waiting: Record<string, Time>
  answered: Record<string, true>
  apiSeenAt: Time
  apiUp: boolean
}

/** A step that will fail on a host, and how often. */
export type Failure = { readonly kind: string; readonly host: string; readonly code: ErrorCode; left: number }

/** A coordinator with hosts, without sockets, store or clock of its own: everything happens when it is told to. */
export type LoopWorld = {
  now: Time
  readonly hosts: Map<string, WorldHost>
  readonly clusters: Map<string, WorldCluster>
  readonly failures: Failure[]
  /** The host that the coordinator runs on; null: a machine of its own. */
  coordinatorOn: WorldHost | null
  /** Which numbers were given to requests and runs. */
  count: number
  readonly log: string[]
}

/** An empty world at second 1,000. */
export const makeWorld = (): LoopWorld => ({ now: 1_000_000, hosts: new Map(), clusters: new Map(), failures: [], coordinatorOn: null, count: 0, log: [] })

/** Ids such as `run-aaaaaaaaaaaaaaab`, counted up. */
export const nextId = (world: LoopWorld, prefix: string): string => {
  world.count += 1
  const letter = String.fromCharCode(97 + (world.count % 26))
  return `${prefix}-${'a'.repeat(15)}${letter}`
}

/** A host by name; a scenario that names another one is wrong. */
export const hostNamed = (world: LoopWorld, name: string): WorldHost => {
  const host = world.hosts.get(name)
  if (host === undefined) throw new Error(`the scenario has no host ${name}`)
  return host
}

/** A cluster by name, the only one where none is named. */
export const clusterNamed = (world: LoopWorld, name: string | undefined): WorldCluster => {
  const cluster = name === undefined ? [...world.clusters.values()][0] : world.clusters.get(name)
  if (cluster === undefined) throw new Error(`the scenario has no cluster ${name ?? ''}`)
  return cluster
}

/** Notes what happened, with the seconds since the beginning. */
export const note = (world: LoopWorld, text: string): void => {
  world.log.push(`${String(Math.round(world.now / 1000) - 1000).padStart(5)} s  ${text}`)
}
