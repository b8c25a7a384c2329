import { type OrderShown, render, type RunShown } from '@drover/protocol'

/** True while a run goes on. */
export const isRunning = ({ state }: RunShown): boolean => state === 'running' || state === 'waiting'

/** A server may drain one host after the other: what a step does tells them apart. */
const isSame = (a: OrderShown, b: OrderShown): boolean => a.kind === b.kind && a.host === b.host && render(a.does) === render(b.does)

/** Of each step on each host the last attempt: what was tried before it is history, which `get runs -o json` keeps. */
export const lastAttempts = (orders: RunShown['orders']): readonly OrderShown[] =>
  orders.filter((order, at) => !orders.slice(at + 1).some((later) => isSame(later, order)))
