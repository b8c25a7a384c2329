import { type EtcdFact, type Fact, type HostFacts, type HostId, parseAddress, type Settled } from '@drover/protocol'
import { isHeard, type World } from './world.ts'

/** What the members that vote list, by the host's node address, and when it was told. */
export type Listing = { readonly seenAt: number; readonly at: ReadonlyMap<string, HostFacts['listed']> } | null

const HOST_OF = /^https?:\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):[0-9]+$/

const canonical = (text: string): string => {
  const address = parseAddress(text)
  return address === null ? text : `${String(address.family)}/${String(address.value)}`
}

type Told = { readonly seenAt: number; readonly members: NonNullable<EtcdFact['members']> }

const isVoting = ({ member, healthy, leader }: EtcdFact): boolean => member === 'voter' && healthy && leader !== null

/** The member list that a host tells, if it is a connected one that votes. */
const toldBy = (world: World, id: HostId): readonly Told[] => {
  const host = world.hosts.get(id)
  const facts = host?.facts ?? null
  if (host === undefined || facts === null || !isHeard(world, host)) return []
  const { etcd } = facts.value.facts
  return etcd?.members && isVoting(etcd) ? [{ seenAt: facts.seenAt, members: etcd.members }] : []
}

/** The newest member list that a connected server which votes has told; null where none has. */
export const readListing = (world: World, { roles }: Pick<Settled, 'roles'>): Listing => {
  const told = (Object.keys(roles) as HostId[]).flatMap((id) => (roles[id] === 'server' ? toldBy(world, id) : []))
  const [newest] = told.toSorted((a, b) => b.seenAt - a.seenAt)
  if (newest === undefined) return null
  const at = newest.members.map(({ peer, learner }): [string, HostFacts['listed']] => {
    const [, six, four] = HOST_OF.exec(peer) ?? []
    return [canonical(six ?? four ?? ''), learner ? 'learner' : 'voter']
  })
  return { seenAt: newest.seenAt, at: new Map(at) }
}

/** What is listed of a host with this node address; nothing where no list is known. */
export const listedAt = (listing: Listing, ip: string | undefined): { readonly listed?: Fact<HostFacts['listed']> } =>
  listing === null || ip === undefined ? {} : { listed: { value: listing.at.get(canonical(ip)) ?? 'none', seenAt: listing.seenAt } }
