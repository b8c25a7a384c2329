import { HostSchema } from '@drover/protocol'
import * as z from 'zod'
import type { DroverLab } from '../lab/drover/drover-lab.ts'
import type { Host } from '../lab/host.ts'
import { until } from '../lab/until.ts'
import { print } from './print.ts'
import type { Stage } from './stage.ts'

/** The inventory of all hosts has come: the forecast then says what they are. */
const awaitInventory = (drover: DroverLab): Promise<true> =>
  until('the inventory of the hosts', async () => {
    const hosts = z.array(HostSchema).parse(JSON.parse(await drover.must(['get', 'hosts', '-o', 'json'])))
    return hosts.every((host) => Object.keys(host.inventory).length === 3) ? true : null
  })

/** Pastes one install line for each of the hosts, and waits for what they report. */
export const enrol = async ({ drover, clock }: Stage, parts: readonly (readonly [Host, 'server' | 'worker'])[]): Promise<void> => {
  for (const [host, role] of parts) {
    const line = (await drover.must(['install-line', '--quiet', '--label', `role=${role}`])).trim()
    print(`${host.name}# ${line.replace(/drvj1_\S+/, 'drvj1_…')}`)
    const done = await clock.time(`${host.name} enrolled`, () => drover.enrol(host, line))
    print(done.stdout)
    if (done.code !== 0) throw new Error(`the install line failed on ${host.name}: ${done.stderr}`)
  }
  await awaitInventory(drover)
}
