import { ErrorCodeSchema } from '@drover/protocol'
import type { Command } from './command.ts'

/** Lets a step fail on a host so many times with a code. */
export const failCommand: Command = {
  name: 'fail',
  example: 'fail k3s.start two 3 k3s.start',
  run: (world, { words: [kind = '', host = '', left = '1', code = 'step.tool'] }) => {
    world.failures.push({ kind, host, left: Number(left), code: ErrorCodeSchema.parse(code) })
    return ''
  },
}
