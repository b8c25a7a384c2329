import type { ForAgent } from '@drover/protocol'
import type { TestCoordinator } from './coordinator.ts'
import type { ScriptedHost } from './scripted-host.ts'

/** Answers every question of a witness that was not answered before, as the host's script says. */
export const answerProbes = async (coordinator: TestCoordinator, host: ScriptedHost): Promise<void> => {
  const session = coordinator.hub.session(host.id)
  if (session === undefined) return
  const asked = (coordinator.hub.sent.get(host.id) ?? []).filter(({ t }) => t === 'probe').map(({ body }) => body as ForAgent<'probe'>)
  for (const { id, targets } of asked.filter((one) => !host.probed.has(one.id))) {
    host.probed.add(id)
    const results = targets.flatMap((target) => {
      const outcome = host.witness(target)
      return outcome === null ? [] : [{ ...target, outcome, connectUs: outcome === 'timeout' ? null : 400 }]
    })
    if (results.length > 0) await coordinator.handlers.probed(session, { id, results }, { id: `p-${id}`, waitedMs: 0 })
  }
}
