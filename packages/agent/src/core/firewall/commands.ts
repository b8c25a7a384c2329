import { canonicalRuleset, type Members, type Ruleset, rulesDigest } from '@drover/protocol'
import { chainOf, elementsOf, generationOf, makeGeneration, MEMBER_SETS } from './generation.ts'
import { add, ARMED, chain, edgeChain, EDGE, element, flush, goTo, match, meta, type NftCommand, remove, rule, set, TABLE } from './nft.ts'

const armedSet = set(ARMED, { type: 'nf_proto', flags: ['timeout'] })

/** The expression that leads to a generation while the armed elements live. */
export const armedGoto = (id: string) => [match(meta('nfproto'), `@${ARMED}`), goTo(chainOf(id))]

/** Makes the table gone, whether or not it was there. */
export const dropTable: readonly NftCommand[] = [add(TABLE), remove(TABLE)]

/** The first half of a stage: the new generation is made, and nothing leads to it. */
export const prepare = (ruleset: Ruleset): readonly NftCommand[] => [add(TABLE), ...makeGeneration(canonicalRuleset(ruleset))]

/** The second half, of the same transaction: new connections go through the new generation for so long, then the kernel itself goes back to the old one (or to none). */
export const arm = (rules: string, active: string | null, windowMs: number): readonly NftCommand[] => {
  const timeout = Math.ceil(windowMs / 1000)
  return [
    add(armedSet),
    flush(set(ARMED)),
    add(edgeChain),
    flush(chain(EDGE.name)),
    add(rule(EDGE.name, armedGoto(generationOf(rules)))),
    ...(active === null ? [] : [add(rule(EDGE.name, [goTo(chainOf(generationOf(active)))]))]),
    add(element(ARMED, ['ipv4', 'ipv6'].map((val) => ({ elem: { val, timeout } })))),
  ]
}

const dropGeneration = (id: string): readonly NftCommand[] => [
  flush(chain(chainOf(id))),
  remove(chain(chainOf(id))),
  ...MEMBER_SETS.map(({ prefix }) => remove(set(prefix + id))),
]

/** From now on this generation alone, whatever the time; the others go. */
export const keep = (rules: string, others: readonly string[]): readonly NftCommand[] => [
  flush(chain(EDGE.name)),
  add(rule(EDGE.name, [goTo(chainOf(generationOf(rules)))])),
  flush(set(ARMED)),
  ...others.flatMap(dropGeneration),
]

/** The whole table in force, in one transaction, whatever was there before: what is loaded at boot and after a foreign flush. */
export const whole = (ruleset: Ruleset): readonly NftCommand[] => {
  const id = generationOf(rulesDigest(ruleset))
  return [
    ...dropTable,
    add(TABLE),
    add(armedSet),
    ...makeGeneration(canonicalRuleset(ruleset)),
    add(edgeChain),
    add(rule(EDGE.name, [goTo(chainOf(id))])),
  ]
}

/** Element by element from the members that are to those that shall be; empty where nothing changes. Takes canonical members. */
export const changeMembers = (rules: string, from: Members, to: Members): readonly NftCommand[] => {
  const id = generationOf(rules)
  return MEMBER_SETS.flatMap((of) => {
    const [had, wanted] = [elementsOf(from, of), elementsOf(to, of)]
    const [old, next] = [new Set(had), new Set(wanted)]
    const added = wanted.filter((one) => !old.has(one))
    const gone = had.filter((one) => !next.has(one))
    const name = of.prefix + id
    return [...(added.length === 0 ? [] : [add(element(name, added))]), ...(gone.length === 0 ? [] : [remove(element(name, gone))])]
  })
}
