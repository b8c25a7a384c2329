import { advance } from '../loop-world/advance.ts'
import { type Command, takeLog } from './command.ts'

/** Lets so many seconds go by, whether or not anything is left to do. */
export const sleepCommand: Command = {
  name: 'sleep',
  example: 'sleep 60',
  run: (world, { words: [seconds = '60'] }) => {
    advance(world, Number(seconds) * 1000, true)
    return takeLog(world)
  },
}
