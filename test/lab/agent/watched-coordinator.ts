import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Lab } from '../lab.ts'

/** One line that the coordinator's process said. */
export type Said = { readonly t: string; readonly body: Readonly<Record<string, unknown>>; readonly nodeId?: string }

/** A coordinator at the admin's place of a lab, with all it heard. */
export type WatchedCoordinator = {
  readonly heard: Said[]
  readonly send: (t: string, body: unknown) => void
  /** The first thing heard from index `from` on that fits; throws after a minute. */
  readonly hears: (fits: (said: Said) => boolean, from?: number) => Promise<Said>
  /** Kills its process. */
  readonly stop: () => void
}

/**
 * Starts one, the same one each time with the same file; resolves with what an agent's configuration must say, and a join
 * token of eight uses.
 */
export const openCoordinator = async (lab: Lab, file: string): Promise<{ coordinator: WatchedCoordinator; agentJson: string; token: string }> => {
  const program = fileURLToPath(new URL('coordinator.ts', import.meta.url))
  const child = lab.spawnAdmin([process.execPath, program, lab.admin.address, file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const heard: Said[] = []
  const waiting = new Set<() => void>()
  if (child.stdout === null) throw new Error('the coordinator has no output')
  createInterface({ input: child.stdout }).on('line', (line) => {
    heard.push(JSON.parse(line) as Said)
    for (const look of waiting) look()
  })
  const hears = (fits: (said: Said) => boolean, from = 0): Promise<Said> =>
    new Promise((resolve, reject) => {
      const end = setTimeout(() => {
        waiting.delete(look)
        reject(new Error(`not heard within a minute: ${fits.toString()}\nheard: ${heard.slice(from).map((one) => one.t).join(' ')}`))
      }, 60_000)
      const look = (): void => {
        const found = heard.slice(from).find(fits)
        if (found === undefined) return
        clearTimeout(end)
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  const ready = await hears((said) => said.t === 'ready')
  const coordinator: WatchedCoordinator = {
    heard,
    hears,
    send: (t, body) => {
      child.stdin?.write(`${JSON.stringify({ t, body })}\n`)
    },
    stop: () => child.kill('SIGKILL'),
  }
  return { coordinator, ...(ready.body as { agentJson: string; token: string }) }
}
