import { enrolLarge } from '@drover/test/kit/coordinator/drive.ts'
import { useSite } from '@drover/test/kit/coordinator/use-site.ts'
import { expect, it } from 'vitest'
import { loadWorld } from './load.ts'

const site = useSite(enrolLarge)

it('takes hosts that have not come back for away since the start: until then nobody had missed them', async () => {
  const { db, home } = site.coordinator.context
  const { hosts, live } = await loadWorld(db, 5_000, home)
  expect([...live.keys()].toSorted()).toEqual([...hosts.keys()].toSorted())
  expect(new Set([...live.values()].map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify({ online: false, onlineAt: 5_000, clockOffsetMs: null })]))
  expect(hosts.size).toBeGreaterThan(0)
})
