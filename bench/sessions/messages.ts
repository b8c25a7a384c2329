/** What hosts need to find and join the coordinator of the bench; `token` is for as many hosts as are to come. */
export type Place = { readonly url: string; readonly pin: string; readonly key: string; readonly token: string }

/** From the bench to the process of the hosts: enrol them all, or report facts every so many ms from now on. */
export type ToHosts = { readonly do: 'enrol'; readonly place: Place } | { readonly do: 'facts'; readonly everyMs: number }

/** From the process of the hosts: the keys are made; all sessions are open, after so many ms. */
export type FromHosts = { readonly is: 'ready' } | { readonly is: 'open'; readonly ms: number; readonly lost: number }
