import { DroverError } from '@drover/protocol'
import type { LogLines, RunResult, UnitState, UnitVerb } from '../host.ts'
import { runProgram, toolPath } from './exec.ts'

const PROPERTIES = 'LoadState,ActiveState,SubState,UnitFileState,NRestarts,InvocationID,MainPID,NeedDaemonReload'
const LINES = '400'

/** Runs a tool of the fixed folders; throws DroverError step.tool where the host does not have it. */
export const runTool = async (name: string, args: readonly string[], stdin?: string): Promise<RunResult> => {
  const file = toolPath(name)
  if (file === null) throw new DroverError('step.tool', `${name} is not installed`)
  return runProgram({ file, args, stdin, timeoutMs: 120_000 })
}

const systemctl = async (args: readonly string[]): Promise<string> => {
  const ran = await runTool('systemctl', args)
  if (ran.code === 0) return ran.stdout
  const evidence = `systemctl ${args.join(' ')}: exit ${String(ran.code)}\n${ran.stderr}`
  throw new DroverError('step.tool', `systemctl ${args[0] ?? ''} failed`, { evidence })
}

/** Units are services unless their name says otherwise. */
const fullName = (unit: string): string => (unit.includes('.') ? unit : `${unit}.service`)

/** The state of a unit by `systemctl show`; a unit that does not exist has load `not-found`. */
export const readUnit = async (name: string): Promise<UnitState> => unitStateOf(await systemctl(['show', '-p', PROPERTIES, '--', fullName(name)]))

/**
 * The state that `systemctl show` printed. Throws step.tool where it does not say how the unit stands: no answer must not
 * pass for a unit that has stopped.
 */
export const unitStateOf = (text: string): UnitState => {
  const pairs = new Map(text.split('\n').map((line): [string, string] => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]))
  const [load, active, sub] = ['LoadState', 'ActiveState', 'SubState'].map((name) => pairs.get(name) ?? '')
  if (!load || !active || !sub) throw new DroverError('step.tool', 'systemctl show did not say how the unit stands', { evidence: text.slice(0, 1000) })
  return {
    load,
    active,
    sub,
    enabled: (pairs.get('UnitFileState') ?? '').startsWith('enabled'),
    restarts: Number(pairs.get('NRestarts')) || 0,
    invocation: pairs.get('InvocationID') ?? '',
    mainPid: Number(pairs.get('MainPID')) || 0,
    stale: pairs.get('NeedDaemonReload') === 'yes',
  }
}

/** Asks systemd to do something with a unit; start and restart return at once. */
export const unitDo = async (verb: UnitVerb, unit: string): Promise<void> => {
  const args = verb === 'start' || verb === 'restart' ? [verb, '--no-block'] : [verb]
  await systemctl([...args, '--', fullName(unit)])
}

/** Has systemd read its unit files again. */
export const daemonReload = async (): Promise<void> => {
  await systemctl(['daemon-reload'])
}

/** Lines of a unit's journal after a cursor; without a cursor the last 400. */
export const readLog = async (unit: string, after: string): Promise<LogLines> => {
  const from = after === '' ? [] : [`--after-cursor=${after}`]
  const ran = await runTool('journalctl', ['-u', fullName(unit), '-o', 'cat', '--no-pager', '-q', '--show-cursor', '-n', LINES, ...from])
  const lines = ran.stdout.split('\n').filter((line) => line !== '')
  const cursor = lines.findLast((line) => line.startsWith('-- cursor: '))
  return { lines: lines.filter((line) => line !== cursor), cursor: cursor?.slice('-- cursor: '.length) ?? after }
}
