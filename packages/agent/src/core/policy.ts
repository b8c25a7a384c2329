import { type ErrorCode, isStepKind, type StepClass } from '@drover/protocol'
import * as z from 'zod'

const CLASSES: readonly StepClass[] = ['observe', 'prepare', 'disrupt', 'membership', 'destroy']

const PolicySchema = z.strictObject({
  version: z.literal(1),
  classes: z.record(z.string(), z.string()).optional(),
  allow_types: z.array(z.string()).optional(),
  deny_types: z.array(z.string()).optional(),
})
/** The host's own policy file, which binds the coordinator. */
export type Policy = z.infer<typeof PolicySchema>

/** A policy that was read, none at all, or a file that cannot be relied on (then nothing is changed). */
export type PolicyFile = { readonly is: 'none' } | { readonly is: 'policy'; readonly policy: Policy } | { readonly is: 'broken'; readonly why: string }

const unknownName = ({ allow_types = [], deny_types = [], classes = {} }: Policy): string | null => {
  const kind = [...allow_types, ...deny_types].find((name) => !isStepKind(name))
  if (kind !== undefined) return `there is no step ${kind}`
  const odd = Object.keys(classes).find((name) => !CLASSES.some((one) => one === name))
  return odd === undefined ? null : `there is no class ${odd}`
}

/** Reads /etc/drover/policy.json. A kind or class that does not exist breaks it: a typing error must not allow anything. */
export const readPolicy = (value: unknown): PolicyFile => {
  const read = PolicySchema.safeParse(value)
  if (!read.success) return { is: 'broken', why: read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') }
  const why = unknownName(read.data)
  return why === null ? { is: 'policy', policy: read.data } : { is: 'broken', why }
}

/** Why a step may not run. */
export type Denial = { readonly code: ErrorCode; readonly message: string }
/** What is to be judged: a step, and whether the veto file is there. */
export type Asked = { readonly kind: string; readonly class: StepClass; readonly file: PolicyFile; readonly veto: boolean }

const policyDenial = (asked: Asked, policy: Policy): string | null => {
  if (policy.deny_types?.includes(asked.kind) === true) return `deny_types holds ${asked.kind}`
  if (policy.allow_types !== undefined && !policy.allow_types.includes(asked.kind)) return `allow_types lacks ${asked.kind}`
  const value = policy.classes?.[asked.class] ?? 'allow'
  return value === 'allow' ? null : `class ${asked.class} is ${JSON.stringify(value)}`
}

/** Null where the step may run. Any value of a class but `allow` denies; a broken file and VETO stop all but `observe`. */
export const judge = (asked: Asked): Denial | null => {
  const changes = asked.class !== 'observe'
  if (changes && asked.veto) return { code: 'order.veto', message: '/etc/drover/VETO is there' }
  if (asked.file.is === 'none') return null
  if (asked.file.is === 'broken') {
    return changes ? { code: 'order.policy', message: `/etc/drover/policy.json cannot be relied on: ${asked.file.why}` } : null
  }
  const why = policyDenial(asked, asked.file.policy)
  return why === null ? null : { code: 'order.policy', message: `/etc/drover/policy.json: ${why}` }
}
