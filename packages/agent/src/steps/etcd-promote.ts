import type { StepModule } from './step.ts'

/** Promotes a learner. */
export const etcdPromote: StepModule<'etcd.promote'> = {
  kind: 'etcd.promote',
  check: async () => ({ is: 'blocked', code: 'k3s.start', said: 'there is no etcd yet' }),
  note: async () => null,
  apply: async () => null,
  verify: async () => ({ id: '0', voters: 1 }),
  undo: async () => undefined,
}
