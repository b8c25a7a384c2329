import { type Cluster, type HostId, parseCron, parseStrictJson, plannedAfter, type Schedule, ScheduleSchema, wallClockOf } from '@drover/protocol'
import type { ClusterRow } from '../store/clusters.ts'
import type { World } from '../world/world.ts'
import { nameOf } from './wait.ts'

/** What the servers of a cluster do by themselves, as they said last; the next planned time is after `now` (ms). */
export const showSchedules = (world: World, cluster: ClusterRow, now: number): Cluster['schedules'] =>
  Object.keys(cluster.settled.roles).flatMap((key) => {
    const id = key as HostId
    const fact = world.hosts.get(id)?.facts?.value.facts.schedule ?? null
    if (fact === null) return []
    const host = nameOf(world, id)
    return schedulesIn(fact.text).map(({ name, cron, timeZone, keep, offsetS = 0 }) => ({ host, name, cron, timeZone, keep, offsetS, lastAt: fact.fired[name] ?? null, nextAt: nextOf(cron, timeZone, now) }))
  })

/** A text that a host made up shows as nothing. */
const schedulesIn = (text: string): readonly Schedule[] => {
  const parsed = parseStrictJson(text)
  const read = ScheduleSchema.array().safeParse(parsed.ok ? parsed.value : null)
  return read.success ? read.data : []
}

const nextOf = (text: string, timeZone: string, now: number): number | null => {
  const [cron, clock] = [parseCron(text), wallClockOf(timeZone)]
  return cron === null || clock === null ? null : plannedAfter(cron, clock, now)
}
