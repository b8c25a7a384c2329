import type { Cluster, EtcdShown } from '@drover/protocol'
import { cleanText } from '../clean-text.ts'
import { table } from './table.ts'

type Member = Cluster['members'][number]

const urlPart = (ip: string): string => `//${ip.includes(':') ? `[${ip}]` : ip}:`

/** True where kubeconfigs name the address of this host. */
export const isEndpoint = ({ apiEndpoint }: Pick<Cluster, 'apiEndpoint'>, { ip }: Member): boolean => ip !== '' && apiEndpoint?.includes(urlPart(ip)) === true

/** How many more voters may be lost, in words. */
const moreText = (spare: number): string => `then ${spare <= 0 ? 'none' : String(spare)} more may be lost`

const voteText = (etcd: EtcdShown, host: string): string => {
  const { voters, healthy, quorum } = etcd
  const own = etcd.members.find((member) => member.host === host)
  if (own === undefined) return 'it has no etcd member: nothing is lost'
  if (own.member === 'learner') return 'its etcd member has no vote yet: nothing is lost but the copy'
  const left = own.healthy === true ? healthy - 1 : healthy
  const sum = `${String(left)} of ${String(voters)} voters ${left === 1 ? 'goes' : 'go'} on, ${String(quorum)} have to agree`
  return left < quorum ? `${sum}: nothing can be written, and the API stops` : `${sum}: writes go on, ${moreText(left - quorum)}`
}

const endpointText = (cluster: Cluster, member: Member): string => {
  if (!isEndpoint(cluster, member)) return ''
  const other = cluster.members.find(({ host, role, online }) => role === 'server' && host !== member.host && online)
  const next = other === undefined ? '' : ` (drover kubeconfig ${cluster.name} --server ${other.host} gives one that does)`
  return cluster.etcd === null ? '' : `; kubeconfigs name it and reach nothing${next}`
}

const serverText = (cluster: Cluster, member: Member): string =>
  cluster.etcd === null
    ? 'the API and all objects are away until it is back, or restored from a snapshot: no other server has them; what runs on agents goes on'
    : `${voteText(cluster.etcd, member.host)}${endpointText(cluster, member)}`

const agentText = 'nothing of the control plane; after some minutes Kubernetes starts its pods elsewhere'

/** What would happen if each host died now, by the members that vote and by the address that kubeconfigs name. */
export const whatIfText = (cluster: Cluster): string => {
  const rows = cluster.members.map((member) => [member.host, member.role, member.role === 'agent' ? agentText : serverText(cluster, member)])
  return cleanText(`\nIf it died\n${table(['HOST', 'ROLE', 'WHAT WOULD HAPPEN'], rows).replaceAll(/^(?=.)/gm, '  ')}`)
}
