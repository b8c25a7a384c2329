import {
  type Action,
  type Fact,
  type HostFacts,
  type HostId,
  type HostView,
  isStepKind,
  type Time,
  type View,
  type ViewPatch,
} from '@drover/protocol'
import { stepOf } from './step-of.ts'

type Hosts = Record<HostId, HostView>

const stamp = (values: object, seenAt: Time): Record<string, Fact<unknown>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value: value as unknown, seenAt }]))

/** A host that facts arrive from is connected, and there is one of it. */
const patchHost = (host: HostView, facts: Partial<HostFacts>, now: Time): HostView => ({
  ...host,
  ...(host.clone === true ? { clone: false } : {}),
  online: host.online.value ? host.online : { value: true, seenAt: now },
  facts: { ...host.facts, ...stamp(facts, now) } as HostView['facts'],
})

const patchInto = (view: View, hosts: Hosts, step: { readonly patch: ViewPatch; readonly now: Time }): View => {
  for (const [key, facts] of Object.entries(step.patch.hosts ?? {})) {
    const id = key as HostId
    const host = hosts[id]
    if (host !== undefined) hosts[id] = patchHost(host, facts, step.now)
  }
  if (step.patch.cluster === undefined) return view
  const facts = { ...view.facts, ...stamp(step.patch.cluster, step.now) } as View['facts']
  return { ...view, facts }
}

/** Applies patches in order; whole facts are replaced and stamped with `now`. Hosts that the view lacks are left out; the table is copied once. */
export const applyPatches = (view: View, patches: readonly ViewPatch[], now: Time): View => {
  const hosts: Hosts = { ...view.hosts }
  let next: View = { ...view, hosts }
  for (const patch of patches) next = patchInto(next, hosts, { patch, now })
  return next
}

/** Applies one patch. */
export const applyPatch = (view: View, patch: ViewPatch, now: Time): View => applyPatches(view, [patch], now)

/** What a step's own definition predicts of it. */
export const effectOf = (view: View, action: Action): ViewPatch =>
  isStepKind(action.kind) ? stepOf(action.kind).effect(view, action.host, action.params as never) : {}

/** The world after all of the actions; each effect sees those before it. */
export const applyEffects = (view: View, actions: readonly Action[], now: Time): View => {
  const hosts: Hosts = { ...view.hosts }
  let next: View = { ...view, hosts }
  for (const action of actions) next = patchInto(next, hosts, { patch: effectOf(next, action), now })
  return next
}
