import { rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { dieAndGoOn, liveInPeace, makeTemplate } from '@drover/test/kit/coordinator/crash-lane.ts'

it('a coordinator killed before and after each commit of a whole life goes on, and the hosts have begun nothing twice', async () => {
  const template = await makeTemplate()
  const { moments, ledger } = await liveInPeace(template)
  expect(moments).toBeGreaterThan(100)
  for (let moment = 1; moment <= moments; moment += 1) {
    expect(await dieAndGoOn(template, moment), `killed at moment ${String(moment)} of ${String(moments)}`).toEqual({ signal: 'SIGKILL', ledger })
  }
  rmSync(template, { recursive: true, force: true })
})
