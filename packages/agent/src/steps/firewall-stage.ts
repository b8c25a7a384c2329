import { type Digests, DroverError, listedMembers, rulesDigest, type Ruleset, type StepParams, unlikeMembers } from '@drover/protocol'
import * as z from 'zod'
import type { FirewallState } from '../core/firewall/state.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import { wouldCutOff } from '../firewall/cut-off.ts'
import { backendOf } from '../firewall/backend-of.ts'
import { disarm } from '../firewall/dead-man.ts'
import { readInCharge } from '../firewall/read-in-charge.ts'
import type { HostReader } from '../host/host.ts'
import { readText } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'firewall.stage'>

const ReceiptSchema = z.strictObject({ deadlineMs: z.int().min(0) })

const rulesetOf = (params: StepParams<'firewall.stage'>): Ruleset => ({ ...params.ruleset, ...listedMembers(params) })

/** The digests under which these rules are in force, staged or for good; null: they are not. */
const inForce = ({ active, staged }: FirewallState, rules: string): Digests | null =>
  [staged, active].find((held) => held?.digests.rules === rules)?.digests ?? null

const check = async (host: HostReader, { params }: Context): Promise<Check> => {
  const backend = await chooseBackend(host)
  if (backend === null) return { is: 'blocked', code: 'firewall.backend', said: 'nft is not installed' }
  const wrong = unlikeMembers(params)
  if (wrong !== null) return { is: 'blocked', code: 'firewall.other-members', said: wrong }
  const state = await backend.read(host)
  if (inForce(state, rulesDigest(params.ruleset)) !== null) return { is: 'satisfied', said: 'these rules are in force' }
  const other = await readInCharge(host)
  if (other !== null) return { is: 'blocked', code: 'firewall.other-in-charge', said: other }
  const cut = await wouldCutOff(host, rulesetOf(params), params.keep)
  if (cut !== null) return { is: 'blocked', code: 'firewall.cuts-off', said: cut }
  return { is: 'needed', said: state.active === null ? 'no rules are in force' : 'other rules are in force' }
}

const UPTIME = absolutePath('/proc/uptime')

const uptimeMs = async (host: HostReader): Promise<number> => {
  const seconds = Number(((await readText(host, UPTIME)) ?? '0').split(' ', 1)[0])
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : 0
}

/** Puts rules in force for a while: unless they are committed, the host goes back by itself. */
export const firewallStage: StepModule<'firewall.stage'> = {
  kind: 'firewall.stage',
  check,
  note: async (host) => ({ active: (await (await backendOf(host)).read(host)).active?.digests ?? null }),
  apply: async (host, { params }) => {
    const deadlineMs = (await uptimeMs(host)) + params.windowMs
    await (await backendOf(host)).stage(host, { ruleset: rulesetOf(params), windowMs: params.windowMs })
    return { deadlineMs }
  },
  verify: async (host, { params }, receipt) => {
    const held = inForce(await (await backendOf(host)).read(host), rulesDigest(params.ruleset))
    if (held === null) throw new DroverError('firewall.not-staged', 'the rules are not in force')
    return { ...held, ...ReceiptSchema.parse(receipt ?? { deadlineMs: 0 }) }
  },
  undo: async (host) => {
    await (await backendOf(host)).restore(host)
    await disarm(host)
  },
}
