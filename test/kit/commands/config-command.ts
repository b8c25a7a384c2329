import { hostNamed } from '../loop-world/world.ts'
import type { Command } from './command.ts'

/** Prints Drover's drop-in as it is on a host's disk. */
export const configCommand: Command = {
  name: 'config',
  example: 'config one',
  run: (world, { words: [name = ''] }) => hostNamed(world, name).facts.config?.text.split('\n').slice(1).join('\n') ?? 'no config\n',
}
