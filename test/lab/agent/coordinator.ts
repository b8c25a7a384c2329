// The half of a coordinator that agents see, as a process at a vantage point: prints what it is and then each message it
// gets as lines of JSON; takes lines `{"t": …, "body": …}` to send to the host that connected last. It is the same
// coordinator each time it is started with the same file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { ToAgent } from '@drover/protocol'
import { tokenText } from '@drover/protocol/node'
import { startCoordinatorHalf, type SameCoordinator } from '../../kit/resident/coordinator-half.ts'

const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

const [, , address, file = ''] = process.argv
const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SameCoordinator) : undefined
const half = await startCoordinatorHalf(address, kept)
writeFileSync(file, JSON.stringify(half.same))
half.onMessage.store = async (message) => say(message)
half.onOpen.call = (session) => say({ t: 'open', body: session.hello, nodeId: session.nodeId })
say({ t: 'ready', body: { agentJson: half.agentJson, token: tokenText(half.registry.token(8)) } })
for await (const line of createInterface({ input: process.stdin })) {
  const { t, body } = JSON.parse(line) as { t: ToAgent; body: never }
  await half.send(t, body)
}
process.exit(0)
