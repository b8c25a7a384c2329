import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { withFileLock } from './file-lock.ts'
import { makeHostFolder } from './host-folder.ts'
import { hostOf, type Host } from './host.ts'
import { hostStateOf, type HostSpec } from './host-spec.ts'
import { isAlive, ownOwner, readHostStates, readLabState, writeLabState, type Bridge } from './lab-state.ts'
import { borrowSysctls } from './machine-sysctls.ts'
import { adminAddress, bare, firstBridge, makeNetwork, strangerNetwork } from './network.ts'
import { checkedName, hostFolder, labFolder, labsFolder, labsLock } from './paths.ts'
import { rootImage } from './root-image.ts'
import { sweepAbandoned, tearDown, tearDownLocked, type Leftovers } from './teardown.ts'
import { openTunnel, type Tunnel } from './tunnel.ts'
import { vantageOf, type Vantage } from './vantage.ts'

/** How a lab is made. */
export interface LabSpec {
  readonly name: string
  readonly hosts?: readonly HostSpec[]
  /** Default: `br0` with 10.0.0.1/24. */
  readonly bridges?: readonly Bridge[]
  /** Told what takes long, e.g. the first build of the root image. */
  readonly say?: (line: string) => void
}

/** Hosts, the network between them, and places outside of them. */
export interface Lab {
  readonly name: string
  readonly folder: string
  /** The router's address on the first bridge. */
  readonly gateway: string
  /** On the hosts' network, address 2. */
  readonly admin: Vantage
  /** On a network of its own behind the router, 198.51.100.9. */
  readonly stranger: Vantage
  /** The router itself; its ports and firewall are the lab's, so tests may set rules here. */
  readonly router: Vantage
  /** The hosts that are made, in the order in which they were asked for. */
  hosts(): Host[]
  /** A host by its name; throws when there is none. */
  host(name: string): Host
  /** Makes a host and boots it; many can be made at a time. */
  addHost(spec: HostSpec): Promise<Host>
  /** Starts a long-running command at the admin's place. */
  spawnAdmin(argv: readonly string[], options?: SpawnOptions): ChildProcess
  /** A way for this process, which is in no network of the lab, to an address as the admin reaches it. */
  tunnel(to: { address: string; port: number }): Promise<Tunnel>
  /** Leaves the lab running when this process ends, until somebody takes it down. */
  keep(): void
  /** Ends and removes everything; gives what could not be removed. */
  close(): Promise<Leftovers>
}

const defaultBridges: readonly Bridge[] = [{ name: 'br0', address: '10.0.0.1/24' }]

/** Makes a lab and boots its hosts. One of that name whose process died is removed first; one that runs is an error. */
export async function openLab(spec: LabSpec): Promise<Lab> {
  const name = checkedName(spec.name)
  const bridges = spec.bridges ?? defaultBridges
  const image = await rootImage(spec.say)
  await withFileLock(labsLock(), () => claim(name, bridges))
  try {
    await makeNetwork(name, bridges)
    const lab = handleOf(name, bridges, image)
    await Promise.all((spec.hosts ?? []).map((host) => lab.addHost(host)))
    return lab
  } catch (error) {
    await tearDown(name)
    throw error
  }
}

/** The handle of a lab that another process made and left running. */
export async function attachLab(name: string): Promise<Lab> {
  const state = readLabState(checkedName(name))
  if (state === undefined) throw new Error(`there is no lab "${name}"`)
  return handleOf(name, state.bridges, await rootImage())
}

async function claim(name: string, bridges: readonly Bridge[]): Promise<void> {
  const owner = readLabState(name)?.owner
  if (owner === null) throw new Error(`lab "${name}" is up already: npm run lab -- down --lab ${name}`)
  if (owner !== undefined && isAlive(owner)) throw new Error(`lab "${name}" is in use by process ${owner.pid}`)
  await sweepAbandoned()
  await tearDownLocked(name)
  mkdirSync(labsFolder(), { recursive: true, mode: 0o755 })
  borrowSysctls()
  writeLabState({ name, bridges, owner: ownOwner() })
}

function handleOf(name: string, bridges: readonly Bridge[], image: string): Lab {
  const states = readHostStates(name)
  const hosts = new Map(states.map((state) => [state.name, hostOf(name, state)]))
  let number = Math.max(0, ...states.map((state) => state.index))
  const admin = vantageOf(name, 'admin', bare(adminAddress(bridges)))
  const gateway = firstBridge(bridges).address
  return {
    name,
    folder: labFolder(name),
    gateway: bare(gateway),
    admin,
    stranger: vantageOf(name, 'stranger', bare(strangerNetwork.address)),
    router: vantageOf(name, 'router', bare(gateway)),
    hosts: () => readHostStates(name).flatMap((state) => hosts.get(state.name) ?? []),
    host: (host) => {
      const found = hosts.get(host)
      if (found === undefined) throw new Error(`lab "${name}" has no host "${host}"`)
      return found
    },
    addHost: async (spec) => {
      if (existsSync(hostFolder(name, checkedName(spec.name)))) throw new Error(`lab "${name}" has a host "${spec.name}"`)
      number += 1
      const state = hostStateOf(spec, number, { lab: name, bridges, others: readHostStates(name) })
      const needs = { state, gateway: spec.defaultRoute === false ? null : gateway, node: spec.node === true, k3sReal: spec.k3sReal === true }
      const copy = spec.copyOf === undefined ? {} : { copyOf: spec.copyOf }
      await makeHostFolder({ lab: name, image, needs, without: spec.without ?? [], ...copy })
      const host = hostOf(name, state)
      await host.boot()
      hosts.set(spec.name, host)
      return host
    },
    spawnAdmin: (argv, options) => admin.spawn(argv, options),
    tunnel: (to) => openTunnel(name, admin, to),
    keep: () => writeLabState({ name, bridges, owner: null }),
    close: () => tearDown(name),
  }
}
