import { advance } from '../loop-world/advance.ts'
import { type Command, takeLog } from './command.ts'

/** Lets the loop turn for so many seconds (900 where none are given), or until nothing is left to do. */
export const runCommand: Command = {
  name: 'run',
  example: 'run 60',
  run: (world, { words: [seconds = '900'] }) => {
    advance(world, Number(seconds) * 1000)
    return takeLog(world)
  },
}
