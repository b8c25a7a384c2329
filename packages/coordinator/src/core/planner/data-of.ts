import type { HostId, View } from '@drover/protocol'

/** What a server's disk holds by its agent's last word; undefined where there is nothing yet, or the agent does not tell. */
export const dataOf = ({ hosts }: View, id: HostId): 'sqlite' | 'etcd' | undefined => hosts[id]?.facts.k3s?.value?.datastore
