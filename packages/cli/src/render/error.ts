import type { Fault } from '@drover/protocol'
import { cleanLine, cleanText } from '../clean-text.ts'
import type { CliError } from '../cli-error.ts'

/** What a command ended with, for people: each fault on a line, what happened, what to do next. */
export const errorText = (error: CliError): string =>
  [...error.faults.map(faultText), cleanText(`drover: ${error.message}\n`), error.remedy === '' ? '' : cleanText(`${error.remedy}\n`)].join('')

const faultText = (fault: Fault): string => {
  const place = fault.line === null ? '' : `line ${String(fault.line)}:${String(fault.column ?? 1)} `
  const value = fault.value === null ? '' : ` (${fault.value})`
  const nearest = fault.nearest === null ? '' : `; did you mean ${fault.nearest}?`
  return `  ${cleanLine(`${place}${fault.path}: ${fault.reason}${value}${nearest}`)}\n`
}
