import { OWN_FACTS, seenFacts, STEPS, type View, type ViewPatch } from '@drover/protocol'
import { readFacts, wrapChanges } from '@drover/agent'
import { afterEach, describe, expect, it } from 'vitest'
import { carryOut, stage } from './carry-out.ts'
import { CASES, dropRoot, HOST, hostOf, kindOf, newRoot, orderOf } from './step-case.ts'

const roots: string[] = []
afterEach(() => roots.splice(0).forEach(dropRoot))

type Observed = { readonly facts: Readonly<Record<string, unknown>> }

/** What is observed, in the form that rules read. */
const observe = async (root: string): Promise<Observed> => {
  const { facts } = await readFacts({ host: hostOf(root), cluster: async () => ({ ready: true, nodes: null }) })
  return { facts: seenFacts(facts) }
}

const viewOf = ({ facts }: Observed): View => {
  const known = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value, seenAt: 0 }]))
  const host = { name: 'one', cluster: 'home', online: { value: true, seenAt: 0 }, labels: {}, arch: 'amd64' as const, mayBe: 'any' as const, facts: known }
  return { cluster: 'home', hosts: { [HOST]: host }, facts: {} } as View
}

/** True where all that is predicted is so; what is observed may say more. */
const isWithin = (wanted: unknown, got: unknown): boolean => {
  if (typeof wanted !== 'object' || wanted === null) return wanted === got
  if (typeof got !== 'object' || got === null) return false
  return Object.entries(wanted).every(([key, value]) => isWithin(value, (got as Record<string, unknown>)[key]))
}

/** A snapshot that is deleted is predicted by its absence. */
const sizeOf = (record: unknown): number => Object.keys(record ?? {}).length

const includes = ({ facts }: Observed, patch: ViewPatch): boolean => {
  const predicted = patch.hosts?.[HOST] ?? {}
  return OWN_FACTS.every((name) => {
    if (!(name in predicted)) return true
    return isWithin(predicted[name], facts[name]) && (name !== 'snapshots' || sizeOf(predicted[name]) === sizeOf(facts[name]))
  })
}

describe.each(CASES)('%s', (kind) => {
  it('is observed to have the effect that its definition predicts', async () => {
    const root = newRoot()
    roots.push(root)
    await stage(root, kind)
    const order = orderOf(kind)
    const seen: Observed[] = [await observe(root)]
    const effect = STEPS[kindOf(kind)].effect as (view: View, host: string, params: unknown) => ViewPatch
    const patch = effect(viewOf(seen[0] ?? (await observe(root))), HOST, order.params)
    const predictsHost = OWN_FACTS.some((name) => name in (patch.hosts?.[HOST] ?? {}))
    const heldBefore = predictsHost && seen.some((one) => includes(one, patch))
    expect(heldBefore).toBe(false)
    const host = wrapChanges(hostOf(root), async (_name, _what, go) => {
      const result = await go()
      seen.push(await observe(root))
      return result
    })
    expect(await carryOut({ root, order, host })).toMatchObject({ type: 'DONE' })
    seen.push(await observe(root))
    expect(seen.filter((one) => includes(one, patch))).not.toHaveLength(0)
  })
})
