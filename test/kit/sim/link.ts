import { between, COORDINATOR, isOpen, type SimWorld } from './world.ts'

/** One message on its way, as it is after the wire has opened it. */
export type Frame = { readonly t: string; readonly body: unknown }

/** One end of a session: what takes its frames, and what is done when this end learns that it is over. */
export type End = { isOpen: boolean; heardAt: number; lastAt: number; readonly take: (frame: Frame) => Promise<void>; readonly closed: () => Promise<void> }

/** Whose end. */
export type Side = 'agent' | 'coordinator'

/** A session between a host and the coordinator. What is sent comes in order but for bad weather, and waits while the way is cut. */
export type Link = { readonly machine: string; readonly ends: Record<Side, End> }

const SILENT = 30_000
const BEAT = 10_000
const AGAIN = 400

/** An end that has just heard the other. */
export const newEnd = (world: SimWorld, does: Pick<End, 'take' | 'closed'>): End => ({ isOpen: true, heardAt: world.timeline.now(), lastAt: 0, ...does })

const isWayOpen = (world: SimWorld, { machine }: Link, to: Side): boolean => (to === 'agent' ? isOpen(world, COORDINATOR, machine) : isOpen(world, machine, COORDINATOR))

/** Has something happen at the other end once the way is open, unless that end is over by then. */
const bring = (world: SimWorld, about: { readonly link: Link; readonly to: Side; readonly what: (end: End) => Promise<void> }, ms: number): void => {
  world.timeline.after(ms, async () => {
    const end = about.link.ends[about.to]
    if (!end.isOpen) return
    if (!isWayOpen(world, about.link, about.to)) return bring(world, about, AGAIN)
    end.heardAt = world.timeline.now()
    await about.what(end)
  })
}

const happens = (world: SimWorld, ofHundred: number): boolean => world.random() * 100 < ofHundred

const TWICE: ReadonlySet<string> = new Set(['order', 'report', 'observe'])

/** Sends a frame to one side. */
export const send = (world: SimWorld, link: Link, { to, frame }: { readonly to: Side; readonly frame: Frame }): void => {
  const { weather, timeline } = world
  const end = link.ends[to]
  const way = between(world, 1, weather.delay)
  const what = (at: End): Promise<void> => at.take(frame)
  if (TWICE.has(frame.t) && happens(world, weather.twice)) bring(world, { link, to, what }, way + between(world, 1, 3_000))
  if (happens(world, weather.late)) return bring(world, { link, to, what }, way + between(world, 100, 3_000))
  end.lastAt = Math.max(end.lastAt, timeline.now() + way)
  bring(world, { link, to, what }, end.lastAt - timeline.now())
}

const over = async (end: End): Promise<void> => {
  if (!end.isOpen) return
  end.isOpen = false
  await end.closed()
}

/** One side is gone; where its kernel still runs, the other is told. */
export const hangUp = (world: SimWorld, link: Link, { side, isTold }: { readonly side: Side; readonly isTold: boolean }): void => {
  link.ends[side].isOpen = false
  if (isTold) bring(world, { link, to: side === 'agent' ? 'coordinator' : 'agent', what: over }, between(world, 1, world.weather.delay))
}

/** Each side says every ten seconds that it is there, and gives up when it has heard nothing for thirty. */
export const beat = (world: SimWorld, link: Link, side: Side): void => {
  world.timeline.after(BEAT, async () => {
    const end = link.ends[side]
    if (!end.isOpen) return
    if (world.timeline.now() - end.heardAt > SILENT) return over(end)
    send(world, link, { to: side === 'agent' ? 'coordinator' : 'agent', frame: { t: 'heartbeat', body: null } })
    beat(world, link, side)
  })
}
