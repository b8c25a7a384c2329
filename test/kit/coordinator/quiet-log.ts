import type { Log, LogFields } from '../../../packages/coordinator/src/log.ts'

/** One line that was logged. */
export type LogLine = { readonly level: 'info' | 'warn' | 'error'; readonly fields: LogFields; readonly sentence: string }

/** A log that keeps what it is told. */
export const createQuietLog = (): { readonly log: Log; readonly lines: LogLine[] } => {
  const lines: LogLine[] = []
  const at = (level: LogLine['level']) => (fields: LogFields, sentence: string) => void lines.push({ level, fields, sentence })
  return { log: { info: at('info'), warn: at('warn'), error: at('error') }, lines }
}
