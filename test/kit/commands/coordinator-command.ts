import { hostNamed } from '../loop-world/world.ts'
import type { Command } from './command.ts'

/** Says on which host the coordinator runs, with port 8443. */
export const coordinatorCommand: Command = {
  name: 'coordinator',
  example: 'coordinator one',
  run: (world, { words: [name = ''] }) => {
    world.coordinatorOn = hostNamed(world, name)
    return ''
  },
}
