import { render, type RunShown } from '@drover/protocol'
import { cleanLine, cleanText } from './clean-text.ts'
import { createWitness } from './bear-witness.ts'
import { CliError } from './cli-error.ts'
import type { Io } from './io.ts'
import { createScreen } from './live-screen.ts'
import { readRun } from './read-run.ts'
import { isRunning } from './render/run-orders.ts'
import { runText, waitLine } from './render/status.ts'
import { wrapLine } from './render/wrap-line.ts'

const EVERY = 1000
const PATIENCE = 120_000

/** Follows a run until it ends, explaining every wait: a terminal gets a live picture, a pipe a plain line for each change. */
export const follow = async (io: Io, id: string): Promise<RunShown> => {
  const screen = io.isTerminal ? livePicture(io) : plainLines(io)
  const bearWitness = createWitness(io)
  let lastAnswer = io.now()
  for (;;) {
    const run = await readRun(io.client(), id).catch((error: unknown) => {
      if (!(error instanceof CliError) || io.now() - lastAnswer > PATIENCE) throw error
      screen.lost(`${cleanLine(error.message)}; the hosts go on, asked again every second for 2 min\n`)
      return null
    })
    if (run !== null) {
      lastAnswer = io.now()
      screen.show(run)
      if (!isRunning(run)) return judge(run)
      await bearWitness(run).catch((error: unknown) => screen.lost(`what this command reached could not be told: ${cleanLine(String(error))}\n`))
    }
    await io.sleep(EVERY)
  }
}

/** Where a run is shown; `lost` says why there is no newer picture. */
type Screen = { readonly show: (run: RunShown) => void; readonly lost: (why: string) => void }

const judge = (run: RunShown): RunShown => {
  if (run.state === 'done') return run
  const said = run.said === null ? '' : `: ${cleanLine(render(run.said))}`
  const exitCode = run.state === 'asking' ? 3 : 1
  throw new CliError(exitCode, `run ${run.id} is ${run.state}${said}`, { remedy: `See it with drover status ${run.cluster}; go on with drover retry ${run.id}` })
}

const plainLines = (io: Io): Screen => {
  let lost = ''
  const shown = new Map<string, string>()
  const once = (key: string, text: string, print: string): void => {
    if (shown.get(key) === text) return
    shown.set(key, text)
    io.out(print)
  }
  const show = (run: RunShown): void => {
    lost = ''
    for (const order of run.orders) {
      const detail = order.detail === '' ? '' : `: ${cleanLine(order.detail)}`
      const line = `${cleanLine(order.host)}  ${cleanLine(render(order.does))}  ${order.state}${detail}\n`
      once(order.id, `${order.state}${detail.replaceAll(/\d+/g, '')}`, line)
    }
    for (const wait of run.waits.filter((one) => !one.key.startsWith('order@'))) once(wait.key, 'seen', cleanText(waitLine(wait, io.now()).trimStart()))
    for (const key of shown.keys()) if (key.includes('@') && !run.waits.some((wait) => wait.key === key)) shown.delete(key)
    once('run', run.state, `run ${run.id} ${run.state}\n`)
  }
  return {
    show,
    lost: (why) => {
      if (why !== lost) io.err(why)
      lost = why
    },
  }
}

const livePicture = (io: Io): Screen => {
  const screen = createScreen(io)
  let last = ''
  const draw = (text: string): void => {
    const width = io.columns > 0 ? Math.max(20, io.columns) : 80
    screen.draw(text.replace(/\n$/, '').split('\n').flatMap((line) => wrapLine(line, width - 1)))
  }
  return {
    show: (run) => {
      last = cleanText(runText(run, io.now()))
      draw(last)
    },
    lost: (why) => draw(`${last}  ${why}`),
  }
}
