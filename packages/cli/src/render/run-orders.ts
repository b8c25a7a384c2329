import type { OrderShown, RunShown } from '@drover/protocol'

/** True while a run goes on. */
export const isRunning = ({ state }: RunShown): boolean => state === 'running' || state === 'waiting'

/** Of each step on each host the last attempt: what was tried before it is history, which `get runs -o json` keeps. */
export const lastAttempts = (orders: RunShown['orders']): readonly OrderShown[] =>
  orders.filter((order, at) => !orders.slice(at + 1).some((later) => later.kind === order.kind && later.host === order.host))
