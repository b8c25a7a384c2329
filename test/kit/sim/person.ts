import { DroverError, render, type RunState } from '@drover/protocol'
import { parseSpec } from '../../../packages/coordinator/src/core/spec/parse-spec.ts'
import { approve } from '../../../packages/coordinator/src/loop/approve.ts'
import { makeForecast } from '../../../packages/coordinator/src/loop/make-forecast.ts'
import { retryRun } from '../../../packages/coordinator/src/loop/steer.ts'
import type { SimCoordinator } from './coordinator.ts'
import type { Site } from './site.ts'

/** Somebody who approves each spec of a story in turn, and has a run go on whenever it asks. `asked`: what it asked, in its words. */
export type Person = { readonly asked: string[]; approved: number; askedAt: number | null }

const LOOKS = 5_000
/** So long somebody takes to read what a run asks. */
const READS = 30_000

/** Where the newest run stands; null before the first. */
export const runOf = (coordinator: SimCoordinator | null): RunState | null => coordinator?.context.world.runs.get('home')?.state ?? null

const approveNext = async (site: Site, person: Person, coordinator: SimCoordinator): Promise<void> => {
  const text = site.story.specs[person.approved]
  const spec = text === undefined ? null : parseSpec(text).spec
  if (spec === null) return
  const run = await coordinator.does(async () => {
    const { row } = await makeForecast(coordinator.context, { spec, by: 'somebody' })
    return approve(coordinator.context, { row, hash: row.hash, by: 'somebody' })
  }).catch((error: unknown) => {
    if (error instanceof DroverError) return null
    throw error
  })
  if (run === null) return
  person.approved += 1
  site.world.note(`spec ${String(person.approved)} is approved`)
}

const answer = async (site: Site, person: Person, coordinator: SimCoordinator): Promise<void> => {
  const run = coordinator.context.world.runs.get('home')
  const now = site.world.timeline.now()
  if (run === undefined || (run.state.kind !== 'asking' && run.state.kind !== 'failed')) {
    person.askedAt = null
    return
  }
  if (person.askedAt === null) {
    person.askedAt = now
    person.asked.push(`${run.state.kind}: ${render(run.state.said)}`)
    site.world.note(`the run is ${run.state.kind}: ${render(run.state.said)}`)
  } else if (now - person.askedAt >= READS) {
    person.askedAt = null
    await coordinator.does(() => retryRun(coordinator.context, run))
  }
}

/** True once a commit of an approval has been lost with the coordinator. */
const isForgotten = ({ context: { world } }: SimCoordinator, person: Person): boolean => person.approved > 0 && !world.clusters.has('home')

const look = async (site: Site, person: Person): Promise<void> => {
  const coordinator = site.coordinator()
  if (coordinator === null || coordinator.isDead()) return
  if (isForgotten(coordinator, person)) person.approved = 0
  const state = runOf(coordinator)
  if (state === null || state.kind === 'done') await approveNext(site, person, coordinator)
  else await answer(site, person, coordinator)
}

/** Has somebody look after the site from now on. */
export const sendPerson = (site: Site): Person => {
  const person: Person = { asked: [], approved: 0, askedAt: null }
  const again = async (): Promise<void> => {
    await look(site, person)
    site.world.timeline.after(LOOKS, again)
  }
  site.world.timeline.after(LOOKS, again)
  return person
}
