import type { Fault } from '@drover/protocol'

/** What ends a command: 1 failed, 2 usage, 3 waiting for approval or refused. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: 1 | 2 | 3
  readonly remedy: string
  readonly faults: readonly Fault[]
  /** `remedy` says what to do next. */
  constructor(exitCode: 1 | 2 | 3, message: string, more: { readonly remedy?: string; readonly faults?: readonly Fault[] } = {}) {
    super(message)
    this.exitCode = exitCode
    this.remedy = more.remedy ?? ''
    this.faults = more.faults ?? []
  }
}
