import { unitOf } from '@drover/protocol'
import * as z from 'zod'
import { renderMark } from '../core/k3s/marks.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT, readText } from '../host/k3s-marks.ts'
import type { Claim } from '@drover/protocol'

const UNIT = unitOf('server')

/** How a server stood before its data were touched. */
export const StoodSchema = z.strictObject({ active: z.boolean(), enabled: z.boolean(), claim: z.string().nullable(), db: z.boolean() })
/** See {@link StoodSchema}. */
export type Stood = z.infer<typeof StoodSchema>

/** True for a unit of which nothing runs. */
export const isStopped = (active: string): boolean => active === 'inactive' || active === 'failed'

/** Stops the server. Not enabled either: a power cut from here on must not have k3s start on no datastore at all. */
export const stopServer = async (host: HostWriter): Promise<void> => {
  const unit = await host.unit(UNIT)
  if (unit.enabled) await host.unitDo('disable', UNIT)
  if (!isStopped(unit.active)) await host.unitDo('stop', UNIT)
}

/** How the unit and the claim stand now; `db`: whether there are data. */
export const readStood = async (host: HostReader, db: boolean): Promise<Stood> => {
  const unit = await host.unit(UNIT)
  return { active: !isStopped(unit.active), enabled: unit.enabled, claim: await readText(host, AT.claim), db }
}

/** Promises the host to an incarnation; written last, since it says that all before it is done. */
export const writeClaim = (host: HostWriter, claim: Claim): Promise<void> => host.writeFile(AT.claim, new TextEncoder().encode(renderMark(claim)), 0o644)

const MOST_LOOKS = 60

/** Gives the claim and the unit back as they stood; where k3s ran it is started and looked at for a minute. */
export const standAgain = async (host: HostWriter, was: Stood, say: (detail: string) => void): Promise<void> => {
  if (was.claim !== null && (await readText(host, AT.claim)) !== was.claim) await host.writeFile(AT.claim, new TextEncoder().encode(was.claim), 0o644)
  const unit = await host.unit(UNIT)
  if (was.enabled && !unit.enabled) await host.unitDo('enable', UNIT)
  if (!was.active || !isStopped(unit.active)) return
  say('starting k3s again on the data that it had')
  await host.unitDo('start', UNIT)
  for (let looks = 0; looks < MOST_LOOKS && (await host.unit(UNIT)).active !== 'active'; looks += 1) await host.pause(1000)
}
