import { DroverError } from '@drover/protocol'

/** Too much was asked for; `waitMs` says when to ask again. */
export class RateError extends DroverError {
  /** Whole seconds, at least one: the value of Retry-After. */
  readonly retryAfter: number
  /** `message` says which limit it is. */
  constructor(message: string, waitMs: number) {
    super('request.rate', message)
    this.retryAfter = Math.max(1, Math.ceil(Math.min(waitMs, 86_400_000) / 1000))
  }
}
