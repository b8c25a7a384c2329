import { startRun, transitionRun } from '../../../packages/coordinator/src/core/run/run.ts'
import { clusterNamed, nextId } from '../loop-world/world.ts'
import type { Command } from './command.ts'

/** Approves the forecast that was shown last: hosts are given to the cluster and a run starts; the run before it is superseded. */
export const approveCommand: Command = {
  name: 'approve',
  example: 'approve home',
  run: (world, { words: [name] }) => {
    const cluster = clusterNamed(world, name)
    const { draft } = cluster
    if (draft === null) return 'there is no forecast\n'
    const fatal = draft.forecast.findings.filter(({ level }) => level === 'fatal').length
    if (fatal > 0) return `refused: ${fatal} fatal\n`
    const id = nextId(world, 'run')
    if (cluster.run !== null) cluster.run = transitionRun(cluster.run, { kind: 'superseded', by: id })
    const before = cluster.run?.state.kind
    Object.assign(cluster, { spec: draft.spec, settled: draft.settled, forecast: draft.forecast, run: startRun(id, 'the stored bytes'), draft: null })
    for (const host of world.hosts.values()) {
      const isMember = draft.settled.roles[host.id] !== undefined
      if (isMember || host.cluster === cluster.name) host.cluster = isMember ? cluster.name : null
    }
    return `approved${before === 'superseded' ? ', the run before it is superseded' : ''}\n`
  },
}
