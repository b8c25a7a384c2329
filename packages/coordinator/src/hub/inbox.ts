/** Work of one session, done one after the other in order of arrival. */
export type Inbox = { add: (work: () => Promise<void>) => void }

/** When the queue is this long, reading from the socket stops; when it is short again, reading goes on. */
const PAUSE_AT = 64
const RESUME_AT = 16

/** An inbox; `flow` stops and restarts what fills it, `onFailure` hears of the first rejected work, after which nothing runs. */
export const createInbox = (flow: { pause: () => void; resume: () => void }, onFailure: (error: unknown) => void): Inbox => {
  let tail = Promise.resolve()
  let waiting = 0
  let hasFailed = false
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (!hasFailed) await work()
    waiting -= 1
    if (waiting === RESUME_AT) flow.resume()
  }
  return {
    add: (work) => {
      waiting += 1
      if (waiting === PAUSE_AT) flow.pause()
      tail = tail
        .then(async () => run(work))
        .catch((error: unknown) => {
          hasFailed = true
          onFailure(error)
        })
    },
  }
}
