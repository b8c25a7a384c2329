import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ClusterSpec, NO_FIREWALL, type Settled } from '@drover/protocol'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { enrolSite } from '@drover/test/kit/coordinator/drive.ts'
import { readClusters, writeCluster } from './clusters.ts'
import type { Db } from './db.ts'

const world = {} as { coordinator: TestCoordinator }
beforeEach(async () => {
  world.coordinator = await startTestCoordinator()
})
afterEach(() => world.coordinator.remove())

/** As a version left them that did not know this fact. */
const forget = async (db: Db, name: string): Promise<void> => {
  for (const { id, facts } of await db.selectFrom('host').select(['id', 'facts']).execute()) {
    const stored = JSON.parse(facts ?? '') as { value: { facts: Record<string, unknown> } }
    Reflect.deleteProperty(stored.value.facts, name)
    await db.updateTable('host').set({ facts: JSON.stringify(stored) }).where('id', '=', id).execute()
  }
}

it.each([['snapshots', []], ['firewall', NO_FIREWALL]])('facts that an older version has stored lack nothing that came later: %s', async (name, without) => {
  const { hosts: [host] } = await enrolSite(world.coordinator)
  await forget(world.coordinator.context.db, name)
  await world.coordinator.stop()
  const { root, clock } = world.coordinator
  world.coordinator = await startTestCoordinator({ root, clock })
  expect(world.coordinator.context.world.hosts.get(host.id)?.facts?.value.facts).toMatchObject({ binary: null, [name]: without })
})

it('a spec that was approved before there were schedules has none', async () => {
  const { db } = world.coordinator.context
  const spec = { cluster: 'home' } as unknown as ClusterSpec
  await writeCluster(db, { name: 'home', revision: 1, spec, settled: {} as Settled, createdAt: 0 })
  expect((await readClusters(db)).map((row) => row.spec.snapshots)).toEqual([false])
})
