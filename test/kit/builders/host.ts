import { BARE_FACTS, type Fact, type HostFacts, type HostView, type Measured, type Time } from '@drover/protocol'

/** A machine that can be anything: 4 CPUs, 8 GB, a quick disk, one NIC with the default route. */
export const MEASURED: Measured = {
  cpus: 4,
  memoryMb: 8192,
  fsyncP99Us: 1_200,
  diskFreeMb: 40_000,
  addresses: [{ iface: 'eth0', ip: '10.0.0.11', prefix: 24, dynamic: false }],
  defaultInterface: 'eth0',
  cgroup: 'v2',
  clockOffsetMs: 3,
  usedPorts: [],
  foreignK3s: [],
  kernel: { 'vm.panic_on_oom': 0, 'vm.overcommit_memory': 0, 'kernel.panic': 0, 'kernel.panic_on_oops': 0 },
}

/** A host on which nothing of k3s is. */
export const BARE: HostFacts = { ...BARE_FACTS, sysctls: { ...BARE_FACTS.sysctls, now: MEASURED.kernel }, node: 'absent', listed: 'none', witnessed: null }

/** What a built host differs in from a bare one on 10.0.0.11. */
export type HostPatch = {
  readonly name: string
  readonly now?: Time
  readonly ip?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly arch?: HostView['arch']
  readonly mayBe?: HostView['mayBe']
  readonly cluster?: string | null
  readonly online?: boolean
  readonly state?: HostView['state']
  readonly clone?: true
  readonly measured?: Partial<Measured>
  readonly facts?: Partial<HostFacts>
}

const stamped = (facts: HostFacts, seenAt: Time): HostView['facts'] =>
  Object.fromEntries(Object.entries(facts).map(([name, value]): [string, Fact<unknown>] => [name, { value, seenAt }]))

/** A host as rules see it, all facts seen at `now` (default 0). */
export const buildHost = (patch: HostPatch): HostView => {
  const { name, now = 0, ip = '10.0.0.11', labels = {}, arch = 'amd64', mayBe = 'any', cluster = null, online = true, state, clone } = patch
  const addresses = [{ iface: 'eth0', ip, prefix: 24, dynamic: false }]
  return {
    name,
    online: { value: online, seenAt: now },
    labels,
    arch,
    mayBe,
    cluster,
    ...(state === undefined ? {} : { state }),
    ...(clone === undefined ? {} : { clone }),
    measured: { value: { ...MEASURED, addresses, ...patch.measured }, seenAt: now },
    facts: stamped({ ...BARE, ...patch.facts }, now),
  }
}
