// A coordinator that is killed at one of its commits: crash-child.ts FOLDER NUMBER. Counts each "before" and "after".
import { liveThrough } from './whole-life.ts'

const [root = '', number = '0'] = process.argv.slice(2)
const counted = { left: Number(number) }
await liveThrough(root, () => {
  counted.left -= 1
  if (counted.left === 0) process.kill(process.pid, 'SIGKILL')
})
