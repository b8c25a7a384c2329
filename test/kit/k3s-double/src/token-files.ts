import type { Options } from './config/options.ts'
import { readText } from './files.ts'
import { Fatal } from './log.ts'
import { pause, type World } from './world.ts'

const LIMIT_MS = 240_000

/** Waits until the files that `token-file` and `agent-token-file` name are there, as k3s does: four minutes, a line at each look. */
export async function waitForTokenFiles(world: World, options: Options): Promise<void> {
  const end = performance.now() + LIMIT_MS
  for (const file of [options.one('agent-token-file'), options.one('token-file')]) {
    while (file !== undefined && file !== '' && readText(file) === undefined && !world.stopping.aborted) {
      if (performance.now() > end) throw new Fatal('Error: context deadline exceeded')
      world.log('info', `Waiting for file "${file}" to be created\n`)
      await pause(world, world.settings.retryMs)
    }
  }
}
