import { DroverError } from '@drover/protocol'
import { type Found, findMember } from '../core/k3s/find-member.ts'
import { againstRemoval } from '../core/k3s/may-remove.ts'
import { notVoting } from '../core/k3s/not-voting.ts'
import { etcdWords } from '../core/parse/etcd-gateway.ts'
import type { ListedMember } from '../core/parse/etcd-members.ts'
import { readEtcd } from '../facts/readers/etcd.ts'
import { askEtcdMembers, askEtcdStatus } from '../host/ask-etcd.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { heldClaim } from './against-claim.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'etcd.remove'>
type Looked = { readonly members: readonly ListedMember[]; readonly found: Found }

const look = async (host: HostReader, { params }: Context): Promise<Looked | null> => {
  const members = await askEtcdMembers(host)
  return members === null ? null : { members, found: findMember(members, params) }
}

/** What speaks against the removal of what was found, for people. */
const against = async (host: HostReader, { params }: Context, { members, found }: Looked): Promise<string | null> => {
  if (found.is === 'absent') return null
  if (found.is === 'ambiguous') return found.said
  const own = await askEtcdStatus(host)
  return own === null ? 'its etcd does not answer' : againstRemoval(members, { id: found.id, self: own.id, only: params.only })
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const claim = await heldClaim(host, context.params)
  if (typeof claim === 'string') return { is: 'blocked', code: 'order.claim', said: claim }
  const own = notVoting(await readEtcd(host))
  if (own !== null) return { is: 'blocked', code: 'etcd.remove', said: `this host cannot take members out: ${own}` }
  const looked = await look(host, context)
  if (looked === null) return { is: 'blocked', code: 'etcd.remove', said: 'etcd on this host does not tell its members' }
  if (looked.found.is === 'absent') return { is: 'satisfied', said: looked.found.said }
  const said = await against(host, context, looked)
  return said === null ? { is: 'needed', said: `there is a member of ${context.params.node}` } : { is: 'blocked', code: 'etcd.remove', said }
}

/** etcd refuses for some seconds after a member came back, as it does for a promotion. */
const GIVE_UP = 60_000
const EVERY = 500

/** Asks once; what it waits for, or null where the member is gone. Throws where the member may not go. */
const tryOnce = async (host: HostWriter, context: Context): Promise<string | null> => {
  const looked = await look(host, context)
  if (looked === null) return 'etcd on this host does not tell its members'
  const { found } = looked
  const said = await against(host, context, looked)
  if (said !== null || found.is === 'ambiguous') throw new DroverError('etcd.remove', said ?? 'two members could be meant')
  if (found.is === 'absent') return null
  const answer = await host.removeMember(found.id)
  if (answer === null) return `etcd does not answer when asked to take member ${found.id} out`
  return answer.status === 200 ? `member ${found.id} is taken out; the member list is to show it` : `etcd does not take member ${found.id} out: ${etcdWords(answer.body)}`
}

const apply = async (host: HostWriter, context: Context): Promise<null> => {
  const began = context.elapsed()
  let before = ''
  for (;;) {
    const waits = await tryOnce(host, context)
    if (waits === null) return null
    if (waits !== before) context.say(waits)
    before = waits
    const ms = context.elapsed() - began
    if (context.signal.aborted || ms >= GIVE_UP) throw new DroverError('etcd.remove', `the member of ${context.params.node} is there after ${String(Math.round(ms / 1000))} s: ${waits}`)
    await host.pause(EVERY)
  }
}

const MOST_LOOKS = 20

const verify: StepModule<'etcd.remove'>['verify'] = async (host, context) => {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const looked = await look(host, context)
    if (looked?.found.is === 'absent') return { voters: looked.members.filter(({ learner }) => !learner).length }
    await host.pause(EVERY)
  }
  throw new DroverError('etcd.remove', `the member list still shows ${context.params.node}`)
}

/** Takes the member of another server out where those that remain are enough to vote; etcd itself judges whether they are connected. */
export const etcdRemove: StepModule<'etcd.remove'> = {
  kind: 'etcd.remove',
  check,
  note: async () => null,
  apply,
  verify,
  undo: 'irreversible',
}
