import type { RunShown } from '@drover/protocol'

/** How many steps of a run are done. A kubeconfig that somebody asked for meanwhile is no step of it. */
export const stepsDone = (run: RunShown): number => run.orders.filter((order) => order.state === 'done' && order.kind !== 'kubeconfig.read').length
