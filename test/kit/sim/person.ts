import { DroverError, render, type RunState } from '@drover/protocol'
import { parseSpec } from '../../../packages/coordinator/src/core/spec/parse-spec.ts'
import { approve } from '../../../packages/coordinator/src/loop/approve.ts'
import { makeForecast, type StoredForecast } from '../../../packages/coordinator/src/loop/make-forecast.ts'
import { askRestore, askSnapshot } from '../../../packages/coordinator/src/loop/snapshot-requests.ts'
import { retryRun } from '../../../packages/coordinator/src/loop/steer.ts'
import { openRequests } from '../../../packages/coordinator/src/world/world.ts'
import type { SimCoordinator } from './coordinator.ts'
import type { Site } from './site.ts'
import type { SimWorld } from './world.ts'

/**
 * Somebody who approves each spec of a story in turn, then may put the cluster back to a snapshot, and has a run go on whenever it
 * asks. `asked`: what it asked, in its words.
 */
export type Person = { readonly asked: string[]; approved: number; askedAt: number | null; back: 'not yet' | 'snapshot' | 'approved' }

const LOOKS = 5_000
/** So long somebody takes to read what a run asks. */
const READS = 30_000

/** Where the newest run stands; null before the first. */
export const runOf = (coordinator: SimCoordinator | null): RunState | null => coordinator?.context.world.runs.get('home')?.state ?? null

/** Approves what is forecast; false where that is refused, or lost with the coordinator. */
const isApproved = async (coordinator: SimCoordinator, predict: () => Promise<StoredForecast>): Promise<boolean> => {
  const run = await coordinator.does(async () => {
    const { row } = await predict()
    return approve(coordinator.context, { row, hash: row.hash, by: 'somebody' })
  }).catch((error: unknown) => {
    if (error instanceof DroverError) return null
    throw error
  })
  return run !== null
}

/** An object that nobody had made yet when the snapshot was taken. */
export const LATER = '/registry/configmaps/default/later'

const makeLater = ({ stores }: SimWorld): void => {
  const store = stores.findLast(({ saved }) => saved)
  if (store?.objects.includes(LATER) === false) store.objects = [...store.objects, LATER]
}

const goBack = async (site: Site, person: Person, coordinator: SimCoordinator): Promise<void> => {
  const { context } = coordinator
  const cluster = context.world.clusters.get('home')
  if (cluster === undefined || openRequests(context.world, 'home').some(({ kind }) => kind === 'snapshot')) return
  if (person.back === 'not yet') {
    await coordinator.does(() => askSnapshot(context, cluster, 'somebody'))
    person.back = 'snapshot'
    return
  }
  makeLater(site.world)
  if (!(await isApproved(coordinator, () => askRestore(context, cluster, { snapshot: null, by: 'somebody' })))) return
  person.back = 'approved'
  site.world.note('the way back to a snapshot is approved')
}

const approveNext = async (site: Site, person: Person, coordinator: SimCoordinator): Promise<void> => {
  const text = site.story.specs[person.approved]
  const spec = text === undefined ? null : parseSpec(text).spec
  if (spec === null) return
  if (!(await isApproved(coordinator, () => makeForecast(coordinator.context, { spec, by: 'somebody' })))) return
  person.approved += 1
  site.world.note(`spec ${String(person.approved)} is approved`)
}

/** True once all that somebody wants of a story is approved. */
export const wantsNothing = ({ story }: Pick<Site, 'story'>, person: Person): boolean => person.approved === story.specs.length && (story.goesBack !== true || person.back === 'approved')

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

/** What an approval decided has been lost with the coordinator. */
const remember = ({ context: { world } }: SimCoordinator, person: Person): void => {
  const cluster = world.clusters.get('home')
  if (cluster === undefined) person.approved = 0
  else if (person.back === 'approved' && cluster.settled.incarnation === 1) person.back = 'snapshot'
}

const look = async (site: Site, person: Person): Promise<void> => {
  const coordinator = site.coordinator()
  if (coordinator === null || coordinator.isDead()) return
  remember(coordinator, person)
  const state = runOf(coordinator)
  if (wantsNothing(site, person) && state?.kind === 'done') return
  if (state === null || state.kind === 'done') await (person.approved < site.story.specs.length ? approveNext : goBack)(site, person, coordinator)
  else await answer(site, person, coordinator)
}

/** Has somebody look after the site from now on. */
export const sendPerson = (site: Site): Person => {
  const person: Person = { asked: [], approved: 0, askedAt: null, back: 'not yet' }
  const again = async (): Promise<void> => {
    await look(site, person)
    site.world.timeline.after(LOOKS, again)
  }
  site.world.timeline.after(LOOKS, again)
  return person
}
