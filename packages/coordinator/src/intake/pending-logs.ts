type Pending = { readonly host: string; readonly lines: string[]; readonly done: (lines: string[]) => void }

/** Log reads that wait for their host, by id. */
export type PendingLogs = Map<string, Pending>
