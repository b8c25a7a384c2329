import type { Rate } from '@drover/protocol'

/** What kind of asking a route is; each kind has a budget of its own. */
export type RateClass = 'general' | 'download' | 'plan' | 'apply' | 'kubeconfig' | 'join-token' | 'copy'

/** A budget, and what it is in words. */
export type Budget = Rate & { readonly says: string }

/** How much one person, or one address before it is known who asks, may ask for. */
export type ApiLimits = {
  readonly budgets: Readonly<Record<RateClass, Budget>>
  /** Open streams of events of one person. */
  readonly streams: number
  /** Tokens that are none, in a minute from one address, and for how many ms it is refused then. */
  readonly failedTokens: { readonly perMinute: number; readonly refusedMs: number }
}

/** The defaults. Files that hosts fetch have a budget for a whole site behind one address. */
export const API_LIMITS: ApiLimits = {
  budgets: {
    general: { perSecond: 5, burst: 300, says: 'the coordinator takes 300 requests a minute' },
    download: { perSecond: 50, burst: 3000, says: 'the coordinator gives one address 3000 files a minute' },
    plan: { perSecond: 1 / 2, burst: 30, says: 'the coordinator takes 30 plans a minute' },
    apply: { perSecond: 1 / 2, burst: 30, says: 'the coordinator takes 30 approvals a minute' },
    kubeconfig: { perSecond: 10 / 3600, burst: 10, says: 'the coordinator gives 10 kubeconfigs an hour' },
    copy: { perSecond: 1 / 2, burst: 60, says: 'the coordinator takes 30 asks about copies of snapshots a minute' },
    'join-token': { perSecond: 60 / 3600, burst: 60, says: 'the coordinator makes 60 install lines an hour' },
  },
  streams: 10,
  failedTokens: { perMinute: 20, refusedMs: 900_000 },
}
