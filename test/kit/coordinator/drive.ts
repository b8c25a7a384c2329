import type { TestCoordinator } from './coordinator.ts'
import { connectHost, enrolHost, makeScriptedHost, type ScriptedHost, type ScriptedNodes, work } from './scripted-host.ts'

/** The spec of a server and an agent, as a user writes it, without the schedule that a server has unless the spec says otherwise. */
export const SMALL = `cluster: home
k3s: { version: v1.36.2+k3s1, origin: file, sha256: { amd64: ${'a'.repeat(64)} } }
servers: { select: { role: server } }
agents: { select: { role: worker } }
network: { node: 10.0.0.0/24 }
snapshots: false
`

/** Two hosts that a coordinator knows, and the Nodes that their cluster will have. */
export type Site = { readonly hosts: readonly [ScriptedHost, ScriptedHost, ...ScriptedHost[]]; readonly nodes: ScriptedNodes }

/** Enrols a host for a server and one for an agent. */
export const enrolSite = async (coordinator: TestCoordinator): Promise<Site> => {
  const server = makeScriptedHost({ name: 'node-1', ip: '10.0.0.11', labels: { role: 'server' } })
  const worker = makeScriptedHost({ name: 'node-2', ip: '10.0.0.12', labels: { role: 'worker' } })
  await enrolHost(coordinator, server)
  await enrolHost(coordinator, worker)
  return { hosts: [server, worker], nodes: {} }
}

/** The spec of three servers and an agent. */
export const LARGE = SMALL.replace('{ select: { role: server } }', '{ names: [node-1, node-3, node-4] }')

/** Enrols three hosts for servers and one for an agent. */
export const enrolLarge = async (coordinator: TestCoordinator): Promise<Site> => {
  const { hosts, nodes } = await enrolSite(coordinator)
  const more = [3, 4].map((number) => makeScriptedHost({ name: `node-${String(number)}`, ip: `10.0.0.1${String(number)}`, labels: { role: 'server' } }))
  for (const host of more) await enrolHost(coordinator, host)
  return { hosts: [...hosts, ...more], nodes }
}

/** All hosts connect to a coordinator, as they do after it was started again. */
export const connectSite = async (coordinator: TestCoordinator, site: Site): Promise<void> => {
  for (const host of site.hosts) await connectHost(coordinator, host, site.nodes)
}

/** One second: the coordinator plans, then the hosts do what came. */
export const step = async (coordinator: TestCoordinator, site: Site): Promise<void> => {
  coordinator.clock.advance(1000)
  await coordinator.plan()
  for (const host of site.hosts) await work(coordinator, host, site.nodes)
}

/** Seconds pass until something is so; gives up after `most` of them. */
export const driveUntil = async (coordinator: TestCoordinator, site: Site, about: { readonly until: () => boolean; readonly most?: number }): Promise<void> => {
  for (let second = 0; second < (about.most ?? 60); second += 1) {
    if (about.until()) return
    await step(coordinator, site)
  }
  if (!about.until()) throw new Error(`not so after ${String(about.most ?? 60)} s; the log says ${JSON.stringify(coordinator.lines.slice(-5), replacer)}`)
}

const replacer = (_key: string, value: unknown): unknown => (value instanceof Error ? value.stack : value)

/** Where the run of a cluster stands, `none` where there is none. */
export const runState = (coordinator: TestCoordinator, cluster = 'home'): string => coordinator.context.world.runs.get(cluster)?.state.kind ?? 'none'
