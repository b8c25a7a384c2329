import { digestsOf, type Ruleset, EXAMPLE_RULESET } from '@drover/protocol'
import { BACKENDS } from '@drover/agent'
import { afterEach, describe, expect, it } from 'vitest'
import { flushRules, passWindow, powerCycle } from '../../kit/fake-host/fake-host.ts'
import { pictureOf } from '../step/carry-out.ts'
import { dropRoot, hostOf, newRoot } from '../step/step-case.ts'

const RULES: Ruleset = EXAMPLE_RULESET
const OTHERS: Ruleset = { ...RULES, admins: ['192.0.2.0/24'], nodes: ['10.0.0.11', 'fd00::12'] }
const roots: string[] = []
afterEach(() => roots.splice(0).forEach(dropRoot))

const fresh = (): string => {
  const root = newRoot()
  roots.push(root)
  return root
}

describe.each(BACKENDS.map((backend) => [backend.name, backend] as const))('%s', (_name, backend) => {
  /** A host on which these rules are kept. */
  const keeping = async (ruleset: Ruleset): Promise<string> => {
    const root = fresh()
    await backend.stage(hostOf(root), { ruleset, windowMs: 5_000 })
    await backend.commit(hostOf(root), ruleset)
    return root
  }
  const digests = async (root: string) => {
    const { active, staged } = await backend.read(hostOf(root))
    const kept = await backend.readKept(hostOf(root))
    return { active: active?.digests ?? null, staged: staged?.digests ?? null, kept: kept === null ? null : digestsOf(kept) }
  }
  const all = (ruleset: Ruleset | null) => {
    const of = ruleset === null ? null : digestsOf(ruleset)
    return { active: of, staged: null, kept: of }
  }

  it('finds nothing on a fresh host', async () => {
    expect(await digests(fresh())).toEqual(all(null))
  })

  it('reads back what is staged, and staging it again changes nothing of it', async () => {
    const root = fresh()
    for (let time = 0; time < 2; time += 1) {
      await backend.stage(hostOf(root), { ruleset: RULES, windowMs: 5_000 })
      expect(await digests(root)).toEqual({ ...all(null), staged: digestsOf(RULES) })
    }
  })

  it.each(['kernel', 'timer'] as const)('goes back by the %s alone: to nothing, and to what is kept', async (by) => {
    const root = fresh()
    await backend.stage(hostOf(root), { ruleset: RULES, windowMs: 5_000 })
    passWindow(root, by)
    expect(await digests(root)).toEqual(all(null))
    const kept = await keeping(RULES)
    await backend.stage(hostOf(kept), { ruleset: OTHERS, windowMs: 5_000 })
    expect(await digests(kept)).toEqual({ ...all(RULES), staged: digestsOf(OTHERS) })
    passWindow(kept, by)
    expect(await digests(kept)).toEqual(all(RULES))
  })

  it('keeps what is committed over the end of its time and over a power cut', async () => {
    const root = await keeping(RULES)
    passWindow(root, 'kernel')
    passWindow(root, 'timer')
    expect(await digests(root)).toEqual(all(RULES))
    powerCycle(root)
    expect(await digests(root)).toEqual(all(RULES))
  })

  it('a later stage replaces an earlier one, and a commit leaves one set of rules', async () => {
    const root = await keeping(RULES)
    await backend.stage(hostOf(root), { ruleset: { ...RULES, admins: [] }, windowMs: 5_000 })
    await backend.stage(hostOf(root), { ruleset: OTHERS, windowMs: 5_000 })
    await backend.commit(hostOf(root), OTHERS)
    expect(await digests(root)).toEqual(all(OTHERS))
    expect((await backend.read(hostOf(root))).generations).toHaveLength(1)
  })

  it('changes members in force and on disk', async () => {
    const root = await keeping(RULES)
    const members = { nodes: ['10.0.0.11', 'fd00::7'], servers: [] }
    await backend.setMembers(hostOf(root), members)
    await backend.setMembers(hostOf(root), members)
    expect(await digests(root)).toEqual(all({ ...RULES, ...members }))
  })

  it('puts what is kept back after a foreign flush', async () => {
    const root = await keeping(RULES)
    flushRules(root)
    await backend.restore(hostOf(root))
    expect(await digests(root)).toEqual(all(RULES))
  })

  it('leaves no trace', async () => {
    const root = fresh()
    const before = pictureOf(root, true)
    await backend.stage(hostOf(root), { ruleset: RULES, windowMs: 5_000 })
    await backend.commit(hostOf(root), RULES)
    expect(await backend.remove(hostOf(root))).not.toHaveLength(0)
    const { world: _before, ...files } = before
    const { world: _after, ...left } = pictureOf(root, true)
    expect(Object.keys(left)).toEqual(expect.arrayContaining(Object.keys(files)))
    expect(Object.keys(left).filter((path) => /firewall/.test(path) && !path.startsWith('unit '))).toEqual([])
    expect(await backend.remove(hostOf(root))).toEqual([])
    expect(await digests(root)).toEqual(all(null))
  })
})
