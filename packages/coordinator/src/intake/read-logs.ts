import { randomUUID } from 'node:crypto'
import { DroverError, type FromAgent } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { HostRow } from '../store/hosts.ts'

const LIMIT = 10_000

/** Asks a host for the last lines of a unit and waits at most 10 s. */
export const readLogs = async (context: Context, about: { host: HostRow; unit: 'drover-agent' | 'k3s' | 'k3s-agent'; lines: number }): Promise<string[]> => {
  const session = context.hub().session(about.host.id)
  if (session === undefined) throw new DroverError('host.offline', `${about.host.name} is not connected`)
  const id = randomUUID()
  const waiting = context.pendingLogs
  const answered = Promise.withResolvers<string[]>()
  const timer = setTimeout(() => answered.reject(new DroverError('step.timeout', `${about.host.name} did not answer within 10 s`)), LIMIT)
  waiting.set(id, { host: about.host.id, lines: [], done: answered.resolve })
  try {
    session.send('logs.read', { id, unit: about.unit, lines: about.lines }).catch(() => answered.reject(new DroverError('host.offline', `${about.host.name} has just disconnected`)))
    return await answered.promise
  } finally {
    clearTimeout(timer)
    waiting.delete(id)
  }
}

/** Takes a chunk in; chunks for another host's question or an unknown one are dropped. */
export const takeLogChunk = (context: Context, host: string, chunk: FromAgent<'logs.chunk'>): void => {
  const pending = context.pendingLogs.get(chunk.re)
  if (pending === undefined || pending.host !== host) return
  pending.lines.push(...chunk.lines)
  if (chunk.end || pending.lines.length > 1000) pending.done(pending.lines)
}
