import type { EtcdChapter } from './etcd-site.ts'
import { etcd } from './facts/etcd.ts'
import { join } from './facts/join.ts'
import { removal } from './facts/removal.ts'
import { clusterReset } from './facts/reset.ts'

/** All that Drover relies on of servers on etcd, in the order it is looked at. */
export const ETCD_CHAPTERS: readonly EtcdChapter[] = [etcd, join, removal, clusterReset]
