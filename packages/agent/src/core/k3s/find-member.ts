import { parseAddress } from '@drover/protocol'
import type { ListedMember } from '../parse/etcd-members.ts'

/** A server to look for among the members: its Node's name and its node address. */
export type Wanted = { readonly node: string; readonly ip: string }

/** What a member list says of a server; `ambiguous` where more than one member could be its. */
export type Found =
  | { readonly is: 'absent'; readonly said: string }
  | { readonly is: 'ambiguous'; readonly said: string }
  | { readonly is: 'learner'; readonly id: string }
  | { readonly is: 'voter'; readonly id: string }

const HOST_OF = /^https?:\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):[0-9]+$/

const isAt = ({ peer }: ListedMember, ip: string): boolean => {
  const [, six, four] = HOST_OF.exec(peer) ?? []
  const [wanted, has] = [parseAddress(ip), parseAddress(six ?? four ?? '')]
  return wanted !== null && has !== null && wanted.family === has.family && wanted.value === has.value
}

/** k3s names a member by its Node and eight hex digits; until the member was started it has no name. */
const mayBeNamed = ({ name }: ListedMember, node: string): boolean => name === '' || (name.startsWith(`${node}-`) && /^[0-9a-f]{8}$/.test(name.slice(node.length + 1)))

/** The member of a server: the one at its address whose name is that of its Node, or none yet. Never guesses between two. */
export const findMember = (members: readonly ListedMember[], { node, ip }: Wanted): Found => {
  const there = members.filter((member) => isAt(member, ip))
  const [found, another] = there.filter((member) => mayBeNamed(member, node))
  if (another !== undefined) return { is: 'ambiguous', said: `two members are at ${ip}: ${there.map(({ id, name }) => `${id} (${name})`).join(', ')}` }
  if (found !== undefined) return { is: found.learner ? 'learner' : 'voter', id: found.id }
  const [other] = there
  return { is: 'absent', said: other === undefined ? `there is no member at ${ip} yet` : `the member at ${ip} is ${other.name}, not one of ${node}` }
}
