import { join } from 'node:path'
import { call } from './call.ts'
import { createTestClock } from './clock.ts'
import { startTestCoordinator, type TestCoordinator, type TestCoordinatorOptions } from './coordinator.ts'
import { type Site, SMALL } from './drive.ts'
import { loadSite, saveSite } from './host-file.ts'
import { carryOutNew, connectHost, enrolHost, tellFacts, tellOutbox } from './scripted-host.ts'

const START = 1_780_000_000_000
const APART = 100_000

/**
 * A cluster's whole life on a folder: two hosts enrol, a forecast is approved, the cluster comes up, its kubeconfig is read,
 * it is deleted. Where an earlier process was killed in the middle, what is left to do is done. Returns the hosts' ledgers.
 */
export const liveThrough = async (root: string, onCommit?: TestCoordinatorOptions['onCommit']): Promise<string[]> => {
  const file = join(root, 'hosts.json')
  const { site, starts } = loadSite(file)
  saveSite(file, site, starts)
  const clock = createTestClock(START + starts * APART)
  const coordinator = await startTestCoordinator({ root, clock, ...(onCommit === undefined ? {} : { onCommit }) })
  const life: Life = { coordinator, site, save: () => saveSite(file, site, starts), admin: await coordinator.token('admin') }
  for (const host of site.hosts) await (coordinator.context.world.hosts.has(host.id) ? connectHost(coordinator, host, site.nodes) : enrolHost(coordinator, host))
  if (!(await wasAsked(life, 'delete-cluster'))) {
    await bringUp(life)
    await readKubeconfig(life)
  }
  await deleteAgain(life)
  await coordinator.stop()
  return site.hosts.flatMap((host) => host.ledger.map((order) => `${host.name} ${order.kind}`))
}

type Life = { readonly coordinator: TestCoordinator; readonly site: Site; readonly save: () => void; readonly admin: string }

const step = async ({ coordinator, site, save }: Life): Promise<void> => {
  coordinator.clock.advance(1000)
  await coordinator.plan()
  for (const host of site.hosts) {
    carryOutNew(coordinator, host, site.nodes)
    save()
    await tellOutbox(coordinator, host)
    save()
    await tellFacts(coordinator, host, site.nodes)
  }
}

const until = async (life: Life, isSo: () => Promise<boolean> | boolean): Promise<void> => {
  for (let second = 0; second < 60; second += 1) {
    if (await isSo()) return
    await step(life)
  }
  throw new Error(`not so after 60 s: ${JSON.stringify(life.coordinator.lines.slice(-3), (_key, value: unknown) => (value instanceof Error ? value.stack : value))}`)
}

const wasAsked = async ({ coordinator }: Life, kind: 'kubeconfig' | 'delete-cluster'): Promise<boolean> =>
  (await coordinator.context.db.selectFrom('request').select('id').where('kind', '=', kind).executeTakeFirst()) !== undefined

const ask = async ({ coordinator, admin }: Life, line: `POST ${string}`, body: unknown): Promise<Readonly<Record<string, unknown>>> => {
  const answer = await call(coordinator, line, { token: admin, body })
  if (answer.status > 299) throw new Error(`${line}: ${answer.text}`)
  return answer.json
}

const approve = (life: Life, forecast: Readonly<Record<string, unknown>>): Promise<unknown> =>
  ask(life, `POST /api/v1/forecasts/${String(forecast['id'])}/approve`, { hash: forecast['hash'] })

const isDone = ({ coordinator }: Life): boolean => coordinator.context.world.runs.get('home')?.state.kind === 'done'

const bringUp = async (life: Life): Promise<void> => {
  const { world } = life.coordinator.context
  if (!world.clusters.has('home')) await approve(life, await ask(life, 'POST /api/v1/clusters/home/forecast', { spec: SMALL }))
  await until(life, () => isDone(life))
}

const readKubeconfig = async (life: Life): Promise<void> => {
  if (!(await wasAsked(life, 'kubeconfig'))) await ask(life, 'POST /api/v1/clusters/home/kubeconfig', { sealTo: `${'A'.repeat(42)}E` })
  const { db } = life.coordinator.context
  await until(life, async () => (await db.selectFrom('request').select('answer').where('kind', '=', 'kubeconfig').executeTakeFirst())?.answer === 'c2VhbGVk')
}

const deleteAgain = async (life: Life): Promise<void> => {
  const { world } = life.coordinator.context
  if (world.clusters.has('home') && isDone(life)) await approve(life, await ask(life, 'POST /api/v1/clusters/home/deletion', { confirm: 'home' }))
  await until(life, () => !world.clusters.has('home'))
}
