import { DroverError, listedMembers, membersDigest, unlikeMembers } from '@drover/protocol'
import { FIREWALL_AT } from '../firewall/at.ts'
import { backendOf } from '../firewall/backend-of.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import type { HostReader } from '../host/host.ts'
import { AsideSchema, asideFolder, putBack, setAside } from './set-aside.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'firewall.members'>

const check = async (host: HostReader, { params }: Context): Promise<Check> => {
  const backend = await chooseBackend(host)
  if (backend === null) return { is: 'blocked', code: 'firewall.backend', said: 'nft is not installed' }
  const wrong = unlikeMembers(params)
  if (wrong !== null) return { is: 'blocked', code: 'firewall.other-members', said: wrong }
  const { active } = await backend.read(host)
  if (active?.digests.rules !== params.rules) return { is: 'blocked', code: 'firewall.other-rules', said: active === null ? 'no rules are in force' : 'other rules are in force' }
  const wanted = params.members.digest
  const kept = await backend.readKept(host)
  const isDone = active.digests.members === wanted && kept !== null && membersDigest(kept) === wanted
  return isDone ? { is: 'satisfied', said: 'these members are let in' } : { is: 'needed', said: 'other members are let in' }
}

/** Lets new members in and old ones out, element by element; the rules stay as they are. */
export const firewallMembers: StepModule<'firewall.members'> = {
  kind: 'firewall.members',
  check,
  note: (host, context) => setAside(host, asideFolder(context.order), [FIREWALL_AT.active]),
  apply: async (host, { params }) => {
    await (await backendOf(host)).setMembers(host, listedMembers(params))
    return null
  },
  verify: async (host, context) => {
    const { active } = await (await backendOf(host)).read(host)
    const { is, said } = await check(host, context)
    if (is !== 'satisfied' || active === null) throw new DroverError('step.tool', `the members are not as ordered: ${said}`)
    return active.digests
  },
  undo: async (host, _context, notes) => {
    await putBack(host, AsideSchema.parse(notes))
    await (await backendOf(host)).restore(host)
  },
}
