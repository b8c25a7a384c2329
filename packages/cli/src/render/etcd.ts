import type { Cluster, EtcdShown } from '@drover/protocol'
import { cleanText } from '../clean-text.ts'
import { listText, type Listing, type Output } from './output.ts'
import { jsonText, yamlText } from './machine.ts'
import { span } from './table.ts'

type Member = EtcdShown['members'][number]

const healthOf = ({ healthy }: Member): string => (healthy === null ? 'unknown' : healthy ? 'yes' : 'no')

const memberListing = (now: number): Listing<Member> => ({
  name: (member) => member.name,
  none: 'No member has told of itself yet.',
  columns: [
    ['NAME', (member) => member.name || '(not started)'],
    ['HOST', (member) => member.host ?? '-'],
    ['MEMBER', (member) => member.member],
    ['LEADER', (member) => (member.leader ? 'yes' : '')],
    ['HEALTHY', healthOf],
    ['PEER', (member) => member.peer ?? '-'],
    ['SEEN', (member) => (member.seenAt === null ? 'never' : `${span(now - member.seenAt)} ago`)],
  ],
  wide: [['ID', (member) => member.id]],
})

/** What may be lost, in words, with the arithmetic. */
export const toleranceText = ({ voters, healthy, quorum, tolerates }: EtcdShown): string => {
  const has = `${String(healthy)} of ${String(voters)} voters are healthy, ${String(quorum)} have to agree`
  if (voters === 0 || healthy < quorum) return `${has}: nothing can be written.\n`
  return `${has}: ${tolerates === 0 ? 'none' : String(tolerates)} more may be lost.\n`
}

/** The members of a cluster's etcd as a list, with what may be lost in the last line; JSON and YAML hold all that the API gave. */
export const membersText = (etcd: EtcdShown, output: Output, now: number): string => {
  if (output === 'json') return jsonText(etcd)
  if (output === 'yaml') return yamlText(etcd)
  const list = listText(etcd.members, memberListing(now), output)
  return cleanText(output === 'name' ? list : `${list}${toleranceText(etcd)}`)
}

/** The members as a part of a cluster's description; empty on SQLite. */
export const etcdText = ({ etcd }: Pick<Cluster, 'etcd'>, now: number): string => {
  if (etcd === null) return ''
  const timing = `heartbeat ${String(etcd.heartbeatMs)} ms, election after ${String(etcd.electionMs)} ms\n`
  return `\netcd\n${`${membersText(etcd, 'wide', now)}${timing}`.replaceAll(/^(?=.)/gm, '  ')}`
}
