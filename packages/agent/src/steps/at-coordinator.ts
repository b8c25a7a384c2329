import { DroverError, type ErrorCode, type Snapshot } from '@drover/protocol'
import type { UploadTarget } from '../host/host.ts'
import type { AgentSettings } from '../core/agent-settings.ts'

/** Which copy is meant, and what is known of the coordinator. */
export type CopyPlace = { readonly snapshot: Pick<Snapshot, 'cluster' | 'name'>; readonly settings: AgentSettings; readonly ticket: string | undefined }

/**
 * Asks one address of the coordinator after another about a copy, until one answers; what it answers is final. Throws
 * copy.unreached where none did; `unanswered` is the code by which `ask` says so.
 */
export const atCoordinator = async <T>({ snapshot, settings, ticket = '' }: CopyPlace, unanswered: ErrorCode, ask: (target: UploadTarget) => Promise<T>): Promise<T> => {
  const failures: string[] = []
  for (const base of settings.coordinators) {
    try {
      return await ask({ url: `${base.replace(/\/+$/, '')}/snapshots/copies/${snapshot.cluster}/${snapshot.name}`, pin: settings.pin, authorization: `Ticket ${ticket}` })
    } catch (error) {
      if (!(error instanceof DroverError) || error.code !== unanswered) throw error
      failures.push(error.message)
    }
  }
  throw new DroverError('copy.unreached', failures.join('; ') || 'no address of the coordinator is known')
}
