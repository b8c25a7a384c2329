import { isJson, part, partList, word } from '../api/kube-object.ts'
import type { EtcdApi } from './api.ts'

/** A member as etcd lists it; ids are decimal text, `name` is empty until it has started once. */
export type Member = {
  readonly id: string
  readonly name: string
  readonly peerUrls: readonly string[]
  readonly clientUrls: readonly string[]
  readonly isLearner: boolean
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [])

/** The member list of an answer of `/v3/cluster/member/list`, or of `/db/info` when its ids were put in quotes. */
export const membersOf = (answer: unknown): Member[] =>
  partList(answer, 'members').map((one) => ({
    id: word(one['ID']),
    name: word(one['name']),
    peerUrls: texts(one['peerURLs']),
    clientUrls: texts(one['clientURLs']),
    isLearner: one['isLearner'] === true,
  }))

/** Every member that a member's cluster has. */
export const listMembers = async (api: EtcdApi): Promise<Member[]> => membersOf(await api.call('/v3/cluster/member/list', {}))

/** What `/db/info` prints: ids as bare numbers, beyond what a double holds, and nothing that is empty or false. */
export function infoText(members: readonly Member[]): string {
  const one = (member: Member): string => {
    const rest = {
      ...(member.name === '' ? {} : { name: member.name }),
      peerURLs: member.peerUrls,
      ...(member.clientUrls.length === 0 ? {} : { clientURLs: member.clientUrls }),
      ...(member.isLearner ? { isLearner: true } : {}),
    }
    return `{"ID":${member.id},${JSON.stringify(rest).slice(1)}`
  }
  return `{"members":[${members.map(one).join(',')}]}\n`
}

/** Reads what `/db/info` printed, ids as text. */
export const readInfo = (text: string): Member[] => membersOf(JSON.parse(text.replaceAll(/"ID":(\d+)/g, '"ID":"$1"')))

/** What a member says of itself: its id, the leader's (`0`: none is known), whether it only learns, its sizes. */
export type Status = {
  readonly id: string
  readonly leader: string
  readonly isLearner: boolean
  readonly version: string
  readonly size: string
  readonly used: string
}

/** Asks one member, even a learner or one without a leader. */
export async function readStatus(api: EtcdApi): Promise<Status> {
  const answer = await api.call('/v3/maintenance/status', {})
  return {
    id: word(part(answer, 'header')['member_id'], '0'),
    leader: word(answer['leader'], '0'),
    isLearner: isJson(answer) && answer['isLearner'] === true,
    version: word(answer['version']),
    size: word(answer['dbSize'], '0'),
    used: word(answer['dbSizeInUse'], '0'),
  }
}
