import type * as z from 'zod'
import type { HostId, Ms } from './ids.ts'
import type { Said } from './said.ts'
import type { View, ViewPatch } from './view.ts'

/** What may run at once: at most one `disrupt`, `membership` or `destroy` change on a cluster's servers at a time. */
export type StepClass = 'observe' | 'prepare' | 'disrupt' | 'membership' | 'destroy'
/** Who must agree on the host: nobody, a person at the host, or the holder of the operator key. */
export type Consent = 'allow' | 'confirm' | 'grant'
/** One thing that a step makes, changes or removes on the host. */
export type Touch = {
  readonly what: 'file' | 'unit' | 'link' | 'route' | 'rule' | 'process' | 'member' | 'node'
  readonly name: string
  readonly how: 'made' | 'changed' | 'removed'
}

/** A step's definition: pure and whole. The four verbs that need a host live in the agent. */
export type StepDefinition<K extends string, P, R> = {
  readonly kind: K
  readonly params: z.ZodType<P>
  readonly result: z.ZodType<R>
  readonly class: (params: P) => StepClass
  readonly consent: Consent
  /** The dry-run line, the log line and the docs line. */
  readonly describe: (params: P) => Said
  readonly touches: (params: P) => readonly Touch[]
  /** Predicts only what rules read. */
  readonly effect: (view: View, host: HostId, params: P) => ViewPatch
  /** Names of the secrets that travel sealed beside the params. */
  readonly secrets: (params: P) => readonly string[]
  readonly timeout: Ms
  readonly undo: 'undoes' | { readonly irreversible: Said }
  /** One sentence for the reference page. */
  readonly summary: string
  /** A whole, valid example of params: docs, golden frames and contract tests use it. */
  readonly example: NoInfer<P>
}

/** A definition as it is written down: what takes memory is made when somebody first asks for it. */
type WrittenStep<K extends string, P, R> = Omit<StepDefinition<K, P, R>, 'params' | 'result'> & {
  readonly params: () => z.ZodType<P>
  readonly result: () => z.ZodType<R>
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}

/** Keeps the literal kind and infers params and result from the schemas. */
export const defineStep = <const K extends string, P, R>(written: WrittenStep<K, P, R>): StepDefinition<K, P, R> => {
  const [params, result] = [once(written.params), once(written.result)]
  return Object.freeze({
    ...written,
    get params() {
      return params()
    },
    get result() {
      return result()
    },
  })
}
