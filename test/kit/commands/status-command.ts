import type { LoopWorld, WorldHost } from '../loop-world/world.ts'
import type { Command } from './command.ts'

const textOf = ({ name, online, cluster, facts }: WorldHost): string => {
  const k3s = facts.k3s === null ? 'no k3s' : `${facts.k3s.role} ${facts.k3s.state}${facts.k3s.current ? '' : ', older settings'}`
  return `${name.padEnd(6)} ${online ? 'online ' : 'offline'} ${(cluster ?? '-').padEnd(6)} ${facts.binary?.version ?? '-'} ${k3s}, node ${facts.node}\n`
}

const hostsText = (world: LoopWorld): string => [...world.hosts.values()].map(textOf).join('')

/** Prints what is true of each host, and where each run stands. */
export const statusCommand: Command = {
  name: 'status',
  example: 'status',
  run: (world) => `${hostsText(world)}${[...world.clusters.values()].map(({ name, run }) => `${name}: run ${run?.state.kind ?? 'none'}\n`).join('')}`,
}
