import { type Digests, DroverError, membersDigest, type Ruleset, rulesDigest } from '@drover/protocol'
import { backendOf } from '../firewall/backend-of.ts'
import { isBootSet, noteBoot, restoreBoot } from '../firewall/boot.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { asideFolder } from './set-aside.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'firewall.commit'>

const isSame = (kept: Ruleset | null, { rules, members }: Digests): boolean =>
  kept !== null && rulesDigest(kept) === rules && membersDigest(kept) === members

const check = async (host: HostReader, { params }: Context): Promise<Check> => {
  const backend = await chooseBackend(host)
  if (backend === null) return { is: 'blocked', code: 'firewall.backend', said: 'nft is not installed' }
  const { active, staged } = await backend.read(host)
  if (active?.digests.rules === params.rules && staged === null) {
    const isKept = isSame(await backend.readKept(host), active.digests) && (await isBootSet(host))
    return isKept ? { is: 'satisfied', said: 'these rules are kept' } : { is: 'partial', said: 'in force, not kept yet' }
  }
  if (staged?.digests.rules === params.rules) return { is: 'needed', said: 'these rules are staged' }
  return { is: 'blocked', code: 'firewall.not-staged', said: staged === null ? 'nothing is staged' : 'other rules are staged' }
}

const apply = async (host: HostWriter, { params }: Context): Promise<null> => {
  const backend = await backendOf(host)
  const { active, staged } = await backend.read(host)
  const ruleset = [staged, active].find((one) => one?.digests.rules === params.rules)?.ruleset ?? null
  if (ruleset === null) throw new DroverError('firewall.not-staged', 'the rules went back before they could be kept')
  await backend.commit(host, ruleset)
  return null
}

const MOST_LOOKS = 100

const verify: StepModule<'firewall.commit'>['verify'] = async (host, context) => {
  const backend = await backendOf(host)
  for (let looks = 1; ; looks += 1) {
    const { is, said } = await check(host, context)
    const { active } = await backend.read(host)
    if (is === 'satisfied' && active !== null) return active.digests
    if (looks >= MOST_LOOKS || context.signal.aborted) throw new DroverError('step.tool', `the rules are not kept: ${said}`)
    await host.pause(50) // systemd starts the unit on its own
  }
}

/** Keeps the rules that are staged: for good, and back before k3s at every boot. */
export const firewallCommit: StepModule<'firewall.commit'> = {
  kind: 'firewall.commit',
  check,
  note: (host, context) => noteBoot(host, asideFolder(context.order)),
  apply,
  verify,
  undo: (host, _context, notes) => restoreBoot(host, notes),
}
