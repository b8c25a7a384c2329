import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'

/** Passes on what either of two connections says, its end too; an error of one ends both. */
export function joinSockets(near: Socket, far: Socket): void {
  const after = (error: Error | null | undefined): void => {
    if (!error) return
    near.destroy()
    far.destroy()
  }
  pipeline(near, far, after)
  pipeline(far, near, after)
}
