/** A file of configuration or state that is not as it must be: which file, and why. It is never mended or rewritten. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError'
  readonly file: string
  readonly reason: string
  /** `missing`: there is no such file, as opposed to one that is wrong. */
  readonly missing: boolean
  constructor(file: string, reason: string, missing = false) {
    super(`${file}: ${reason}`)
    this.file = file
    this.reason = reason
    this.missing = missing
  }
}
