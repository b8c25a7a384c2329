import { DROVER, DroverError, sysctlEntries, sysctlsBefore, sysctlsUnlike, type SysctlValues, SysctlValuesSchema } from '@drover/protocol'
import * as z from 'zod'
import { renderSysctlFile } from '../core/sysctl/sysctl-file.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { readText } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'
import { readSysctls, readSysctlsNow } from '../host/read-sysctls.ts'
import { AsideSchema, asideFolder, putBack, setAside } from './set-aside.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'sysctl.set'>

const NotesSchema = z.strictObject({ files: AsideSchema, now: SysctlValuesSchema })
const FILE = absolutePath(DROVER.sysctlFile)
const MARK = absolutePath(DROVER.sysctlBefore)

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Sets those that have another value. Throws sysctl.refused where the kernel does not take one. */
export const setSysctls = async (host: HostWriter, values: SysctlValues): Promise<readonly string[]> => {
  const changed = sysctlsUnlike(values, await readSysctlsNow(host))
  for (const [name, value] of sysctlEntries(values)) if (changed.includes(name)) await host.setSysctl(name, value)
  return changed
}

const lacking = async (host: HostReader, { params }: Context): Promise<string | null> => {
  const [first] = sysctlsUnlike(params.values, await readSysctlsNow(host))
  if (first !== undefined) return `${first} has another value`
  if ((await readText(host, FILE)) !== renderSysctlFile(params.values)) return `${FILE} does not hold them`
  return (await host.stat(MARK)) === null ? 'what was there before is not noted' : null
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const now = await readSysctlsNow(host)
  const absent = sysctlEntries(context.params.values).find(([name]) => now[name] === undefined)
  if (absent !== undefined) return { is: 'blocked', code: 'sysctl.refused', said: `the kernel shows no ${absent[0]}` }
  const reason = await lacking(host, context)
  return reason === null ? { is: 'satisfied', said: 'all kernel values are as ordered' } : { is: 'needed', said: reason }
}

/** The mark goes first: a value that was changed without it could not be put back when k3s goes. */
const apply = async (host: HostWriter, { params }: Context): Promise<{ changed: readonly string[] }> => {
  const before = sysctlsBefore(await readSysctls(host), params.values)
  await host.writeFile(MARK, bytesOf(`${JSON.stringify(before)}\n`), 0o644)
  await host.writeFile(FILE, bytesOf(renderSysctlFile(params.values)), 0o644)
  return { changed: await setSysctls(host, params.values) }
}

const verify: StepModule<'sysctl.set'>['verify'] = async (host, context, receipt) => {
  const reason = await lacking(host, context)
  if (reason !== null) throw new DroverError('sysctl.refused', `after setting them: ${reason}`)
  return { changed: (receipt as { changed?: string[] } | null)?.changed ?? [] }
}

/** Sets kernel values now and at every boot, and notes what was there. */
export const sysctlSet: StepModule<'sysctl.set'> = {
  kind: 'sysctl.set',
  check,
  note: async (host, context) => ({
    files: await setAside(host, asideFolder(context.order), [MARK, FILE]),
    now: await readSysctlsNow(host),
  }),
  apply,
  verify,
  undo: async (host, { params }, notes) => {
    const { files, now } = NotesSchema.parse(notes)
    const values = Object.fromEntries(sysctlEntries(now).filter(([name]) => params.values[name] !== undefined))
    await setSysctls(host, values)
    await putBack(host, files)
  },
}
