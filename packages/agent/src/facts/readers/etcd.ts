import type { FactReader } from './reader.ts'

/** The etcd member of this host. */
export const readEtcd: FactReader<'etcd'> = async () => null
