import type { ErrorCode, Json, StepKind, StepParams, StepResult, TypedOrder } from '@drover/protocol'
import type { HostReader, HostWriter } from '../host/host.ts'
import type { AgentSettings } from '../core/agent-settings.ts'

/** What a host answers when asked whether there is anything to do. `partial`: begun and not whole. */
export type Check =
  | { readonly is: 'satisfied' | 'needed' | 'partial'; readonly said: string }
  | { readonly is: 'blocked'; readonly code: ErrorCode; readonly said: string; readonly evidence?: string }

/** All that a verb knows beside the host. */
export type StepContext<K extends StepKind> = {
  readonly order: TypedOrder<K>
  readonly params: StepParams<K>
  /** The opened secrets of the order by name; they live here and in their final files only. */
  readonly secrets: Readonly<Record<string, string>>
  readonly settings: AgentSettings
  /** Tells people what is being waited for. */
  readonly say: (detail: string) => void
  /** Ends when the step's time is over. */
  readonly signal: AbortSignal
  /** Milliseconds of a clock that never goes back. */
  readonly elapsed: () => number
}

/** A step's verbs on a host. `apply` and `undo` are idempotent: after a crash they are called again. */
export type StepModule<K extends StepKind> = {
  readonly kind: K
  /** Looks whether there is anything to do; changes nothing. */
  readonly check: (host: HostReader, context: StepContext<K>) => Promise<Check>
  /** Notes (and sets copies aside of) what is there before the first change; called once per attempt. */
  readonly note: (host: HostWriter, context: StepContext<K>) => Promise<Json>
  /** Changes the host and returns a receipt without secrets. */
  readonly apply: (host: HostWriter, context: StepContext<K>, notes: Json) => Promise<Json>
  /** Reads back and proves it: the only source of "done". The receipt is null where nothing had to be done. */
  readonly verify: (host: HostReader, context: StepContext<K>, receipt: Json) => Promise<StepResult<K>>
  /** Puts back what the notes say, or says why nothing can. */
  readonly undo: ((host: HostWriter, context: StepContext<K>, notes: Json) => Promise<void>) | 'irreversible' | 'nothing-to-undo'
}
