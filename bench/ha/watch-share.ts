/**
 * A program: asks the coordinator four times a second how the open run stands, and prints each time `1` where nothing but
 * Drover itself was waited for: no step was at work on any host, and neither k3s nor etcd nor a Node was awaited; else `0`.
 * usage: watch-share.ts PROFILE
 */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { RunSchema } from '@drover/protocol'
import * as z from 'zod'

const AT_WORK = new Set(['received', 'checking', 'applying', 'verifying', 'undoing'])
const OUTSIDE = /^(?:api|node|member|quorum|offline)@/

const profile = z.object({ url: z.string(), token: z.string() }).parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')))

const look = (text: string): void => {
  const [run] = z.array(RunSchema).parse(JSON.parse(text))
  if (run === undefined || run.endedAt !== null) return
  const isAtWork = run.orders.some(({ state }) => AT_WORK.has(state)) || run.waits.some(({ key }) => OUTSIDE.test(key))
  process.stdout.write(isAtWork ? '0\n' : '1\n')
}

setInterval(() => {
  const question = request(`${profile.url}/api/v1/runs`, { rejectUnauthorized: false, headers: { authorization: `Bearer ${profile.token}` } }, (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (part: string) => (text += part))
    answer.on('end', () => {
      if (answer.statusCode === 200) look(text)
    })
  })
  question.on('error', () => undefined)
  question.end()
}, 250)
