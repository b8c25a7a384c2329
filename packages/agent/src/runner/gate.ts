import { DROVER, parseStrictJson, type StepClass, type StepKind, STEPS, type TypedOrder } from '@drover/protocol'
import { type Denial, judge, type PolicyFile, readPolicy } from '../core/policy.ts'
import type { HostReader } from '../host/host.ts'
import { absolutePath } from '../host/path.ts'

const POLICY = absolutePath(DROVER.policy)
const VETO = absolutePath(DROVER.veto)

const loadPolicy = async (host: HostReader): Promise<PolicyFile> => {
  const stat = await host.stat(POLICY)
  if (stat === null) return { is: 'none' }
  if (stat.kind !== 'file') return { is: 'broken', why: 'it is no regular file' }
  if (stat.uid !== 0 || (stat.mode & 0o022) !== 0) return { is: 'broken', why: 'it must belong to root and be writable by nobody else' }
  if (stat.bytes > 65_536) return { is: 'broken', why: 'it is larger than 64 KiB' }
  const text = new TextDecoder().decode((await host.readFile(POLICY)) ?? new Uint8Array())
  const parsed = parseStrictJson(text)
  if (parsed.ok) return readPolicy(parsed.value)
  return { is: 'broken', why: `line ${String(text.slice(0, parsed.at).split('\n').length)}: ${parsed.reason}` }
}

/** The class of an order's step. */
export const classOf = (order: TypedOrder): StepClass => {
  const definition = STEPS[order.kind] as { readonly class: (params: unknown) => StepClass }
  return definition.class(order.params)
}

/** Reads policy and VETO of the host anew and says why a step of this kind and class may not change anything now; null where it may. */
export const readRefusal = async (host: HostReader, kind: StepKind, stepClass: StepClass): Promise<Denial | null> =>
  judge({ kind, class: stepClass, file: await loadPolicy(host), veto: (await host.stat(VETO)) !== null })

/** Says why the order's step may not change anything now; null where it may. */
export const readDenial = (host: HostReader, order: TypedOrder): Promise<Denial | null> => readRefusal(host, order.kind, classOf(order))
