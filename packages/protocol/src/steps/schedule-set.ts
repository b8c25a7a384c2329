import * as z from 'zod'
import { ClusterNameSchema } from '../ids.ts'
import { DROVER } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { ScheduleSchema, schedulesText } from '../schedule/schedule.ts'
import { defineStep } from '../step.ts'

/** Gives the host its schedules, all of them at once; it keeps them while the coordinator is away. */
export const scheduleSet = defineStep({
  kind: 'schedule.set',
  summary: 'Replaces the schedules of the host, which fires them itself, also while the coordinator is away; none takes them off.',
  params: () => z.strictObject({
    cluster: ClusterNameSchema.describe('must be the cluster of the claim'),
    schedules: z
      .array(ScheduleSchema)
      .max(8)
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'two schedules have the same name'),
  }),
  result: () => z.strictObject({ digest: z.string().nullable().describe('SHA-256 of the schedules as canonical JSON; null: none') }),
  class: () => 'prepare',
  consent: 'allow',
  describe: ({ schedules }) => {
    const [first] = schedules
    if (first === undefined) return say('step.schedule.set.none')
    const args = { names: schedules.map(({ name }) => name).join(', '), cron: first.cron, zone: first.timeZone }
    return first.offsetS === undefined ? say('step.schedule.set', args) : say('step.schedule.set.later', { ...args, seconds: first.offsetS })
  },
  touches: ({ schedules }) => [{ what: 'file', name: DROVER.schedules, how: schedules.length === 0 ? 'removed' : 'made' }],
  effect: (_view, host, { schedules }) => ({ hosts: { [host]: { schedule: schedulesText(schedules) } } }),
  secrets: () => [],
  timeout: 30_000,
  undo: 'undoes',
  example: {
    cluster: ClusterNameSchema.parse('home'),
    schedules: [{ name: 'snapshot', cron: '0 */6 * * *', timeZone: 'UTC', jitterS: 300, kind: 'snapshot.take', params: { datastore: 'sqlite' }, keep: 8 }],
  },
})
