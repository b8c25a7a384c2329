import process from 'node:process'
import { wrapChanges } from '@drover/agent'
import { carryOut } from './carry-out.ts'
import { CASES, hostOf, orderOf } from './step-case.ts'

/** Dies as by `kill -9` at the n-th call; 0 never. */
const dieAt = (place: number): (() => void) => {
  let calls = 0
  return () => {
    calls += 1
    if (calls === place) process.kill(process.pid, 'SIGKILL')
  }
}

const [root = '', name = '', journalPlace = '0', changePlace = '0'] = process.argv.slice(2)
const kind = CASES.find((one) => one === name)
if (kind === undefined) throw new Error(`no case ${name}`)

const atAppend = dieAt(Number(journalPlace))
const atChange = dieAt(Number(changePlace))
const host = wrapChanges(hostOf(root), async (_name, _what, go) => {
  atChange()
  const result = await go()
  atChange()
  return result
})
const end = await carryOut({ root, order: orderOf(kind), host, hook: atAppend })
process.stdout.write(JSON.stringify(end))
