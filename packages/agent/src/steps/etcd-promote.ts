import { DroverError } from '@drover/protocol'
import { type Found, findMember } from '../core/k3s/find-member.ts'
import { notVoting } from '../core/k3s/not-voting.ts'
import { etcdWords } from '../core/parse/etcd-gateway.ts'
import { readEtcd } from '../facts/readers/etcd.ts'
import { askEtcdMembers } from '../host/ask-etcd.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { heldClaim } from './against-claim.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'etcd.promote'>

const SILENT = { is: 'absent', said: 'etcd on this host does not tell its members' } as const

const look = async (host: HostReader, { params }: Context): Promise<Found> => {
  const members = await askEtcdMembers(host)
  return members === null ? SILENT : findMember(members, params)
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const claim = await heldClaim(host, context.params)
  if (typeof claim === 'string') return { is: 'blocked', code: 'order.claim', said: claim }
  const found = await look(host, context)
  if (found.is === 'voter') return { is: 'satisfied', said: `member ${found.id} votes` }
  if (found.is === 'ambiguous') return { is: 'blocked', code: 'etcd.promote', said: found.said }
  const own = notVoting(await readEtcd(host))
  if (own !== null) return { is: 'blocked', code: 'etcd.promote', said: `this host cannot promote: ${own}` }
  return { is: 'needed', said: found.is === 'learner' ? `member ${found.id} is a learner` : found.said }
}

/** The learner is asked for as long as k3s itself gives it to catch up, and a little more. */
const GIVE_UP = 360_000
const EVERY = 100

/** What came of asking once: whether etcd took it, and what is waited for then, for people. */
type Asked = { readonly taken: boolean; readonly waits: string }

/** Asks once. etcd itself refuses as long as it is too early. */
const promote = async (host: HostWriter, id: string): Promise<Asked> => {
  const answer = await host.promoteMember(id)
  if (answer === null) return { taken: false, waits: `etcd does not answer when asked to promote learner ${id}` }
  if (answer.status === 200) return { taken: true, waits: `learner ${id} is promoted; the member list is to show it` }
  const words = etcdWords(answer.body)
  const early = words.includes('in sync with leader')
  return { taken: false, waits: early ? `learner ${id} is not in sync with the leader yet` : `etcd does not promote learner ${id}: ${words}` }
}

/** One look, and one request where there is a learner; the id once it votes. */
const tryOnce = async (host: HostWriter, context: Context): Promise<Asked & { readonly id: string | null }> => {
  const found = await look(host, context)
  if (found.is === 'voter') return { id: found.id, taken: false, waits: '' }
  if (found.is === 'ambiguous') throw new DroverError('etcd.promote', found.said)
  return { id: null, ...(found.is === 'learner' ? await promote(host, found.id) : { taken: false, waits: found.said }) }
}

const apply = async (host: HostWriter, context: Context): Promise<{ id: string; promoted: boolean }> => {
  const began = context.elapsed()
  let promoted = false
  let before = ''
  for (;;) {
    const { id, taken, waits } = await tryOnce(host, context)
    if (id !== null) return { id, promoted }
    promoted ||= taken
    if (waits !== before) context.say(waits)
    before = waits
    const ms = context.elapsed() - began
    if (context.signal.aborted || ms >= GIVE_UP) throw new DroverError('etcd.promote', `${context.params.node} got no vote in ${String(Math.round(ms / 1000))} s: ${waits}`)
    await host.pause(EVERY)
  }
}

const MOST_LOOKS = 20

const verify: StepModule<'etcd.promote'>['verify'] = async (host, { params }) => {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const members = (await askEtcdMembers(host)) ?? []
    const found = findMember(members, params)
    if (found.is === 'voter') return { id: found.id, voters: members.filter((member) => !member.learner).length }
    await host.pause(500)
  }
  throw new DroverError('etcd.promote', `the member list does not show ${params.node} as a voter`)
}

/** Promotes the learner of a joining server as soon as etcd lets it, and no other; a vote is not taken back. */
export const etcdPromote: StepModule<'etcd.promote'> = {
  kind: 'etcd.promote',
  check,
  note: async () => null,
  apply,
  verify,
  undo: 'irreversible',
}
