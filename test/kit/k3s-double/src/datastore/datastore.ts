/** One stored object with the revision that last changed it. */
export type Entry = { readonly key: string; readonly value: string; readonly revision: number }

/** Where a server keeps its objects and its bootstrap data: SQLite, or the etcd member beside it. */
export type Datastore = {
  readonly kind: 'sqlite' | 'etcd'
  readonly get: (key: string) => Promise<Entry | undefined>
  readonly list: (prefix: string) => Promise<Entry[]>
  /** Writes a value and returns its revision; with `over` only where that is the key's revision (0: there is no such key), else undefined. */
  readonly put: (key: string, value: string, over?: number) => Promise<number | undefined>
  readonly remove: (key: string) => Promise<boolean>
  readonly close: () => void
}
