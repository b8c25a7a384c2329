/** One stored object with the revision that last changed it. */
export type Entry = { readonly key: string; readonly value: string; readonly revision: number }

/** Where a server keeps its objects and its bootstrap data: SQLite now; another kind is another file beside this. */
export type Datastore = {
  readonly kind: 'sqlite'
  get(key: string): Entry | undefined
  list(prefix: string): Entry[]
  /** Writes a value and returns its revision. */
  put(key: string, value: string): number
  remove(key: string): boolean
  revision(): number
  close(): void
}
