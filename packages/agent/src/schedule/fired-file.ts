import { DROVER, ScheduleNameSchema, type Time, TimeSchema } from '@drover/protocol'
import * as z from 'zod'
import type { HostReader, HostWriter } from '../host/host.ts'
import { readText } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'

/** Where the host notes what it fired. */
export const FIRED = absolutePath(DROVER.fired)

const FileSchema = z.record(ScheduleNameSchema, TimeSchema)

/**
 * The planned time that each schedule fired last. A file that cannot be read says nothing: then the newest planned time is
 * due again, and the journal knows whether it was fired.
 */
export const readFired = async (host: HostReader): Promise<Readonly<Record<string, Time>>> => {
  try {
    return FileSchema.parse(JSON.parse((await readText(host, FIRED)) ?? '{}'))
  } catch {
    return {}
  }
}

/** Notes what was fired; durable when it resolves. */
export const writeFired = (host: HostWriter, fired: Readonly<Record<string, Time>>): Promise<void> =>
  host.writeFile(FIRED, new TextEncoder().encode(`${JSON.stringify(fired)}\n`), 0o600)
