import { type Digests, digestsOf, EXAMPLE_RULESET } from '@drover/protocol'
import { expect, test } from 'vitest'
import { type FirewallState, NO_TABLE } from '../core/firewall/state.ts'
import type { FirewallBackend } from '../firewall/backend.ts'
import type { HostWriter } from '../host/host.ts'
import { createFirewallWatch, judge } from './firewall-watch.ts'

const RULES = EXAMPLE_RULESET
const kept = digestsOf(RULES)
const other: Digests = { rules: 'a'.repeat(64), members: 'b'.repeat(64) }
const held = (digests: Digests) => ({ digests, ruleset: null })
const state = (more: Partial<FirewallState>): FirewallState => ({ ...NO_TABLE, ...more })

test.each([
  ['fine', state({ active: held(kept) }), kept],
  ['gone', NO_TABLE, kept],
  ['differs', state({ active: held(other) }), kept],
  ['differs', state({ active: held({ ...kept, members: other.members }) }), kept],
  ['fine', NO_TABLE, null],
  ['fine', state({ staged: held(other) }), null],
  ['fine', state({ active: held(other), staged: held(kept) }), kept],
  ['fine', state({ staged: held(kept) }), kept],
  ['expired', state({ active: held(kept), expired: true }), kept],
  ['expired', state({ expired: true }), null],
  ['fine', state({ active: held(other) }), null],
])('%s: %j', (wanted, now, kept_) => {
  expect(judge(now, kept_)).toBe(wanted)
})

/** A watch over a host whose state the test sets; `vetoed` puts the file of a person there who stops all steps. */
const watching = () => {
  const world = { now: state({ active: held(kept) }), isKept: true, vetoed: false, restored: 0, followed: 0, again: [] as (() => void)[], lines: [] as string[] }
  const backend = {
    readKept: async () => (world.isKept ? RULES : null),
    read: async () => world.now,
    restore: async () => {
      world.restored += 1
      world.now = state({ active: held(kept) })
    },
  } as unknown as FirewallBackend
  const watch = createFirewallWatch({
    host: { stat: async () => (world.vetoed ? { kind: 'file' } : null) } as unknown as HostWriter,
    choose: async () => backend,
    follow: () => {
      world.followed += 1
      return () => void (world.followed -= 1)
    },
    log: (line) => world.lines.push(line),
    again: (look) => {
      world.again.push(look)
      return () => undefined
    },
  })
  return { world, watch }
}

test('a table that is gone is put back at once, and counted', async () => {
  const { world, watch } = watching()
  await watch.look()
  expect([world.restored, watch.repairs()]).toEqual([0, 0])
  world.now = NO_TABLE
  await watch.look()
  expect([world.restored, watch.repairs()]).toEqual([1, 1])
  expect(world.lines.join()).toContain('its table was gone')
})

test('rules that differ are put back at the second look in a row: a step may be about to change them', async () => {
  const { world, watch } = watching()
  world.now = state({ active: held(other) })
  await watch.look()
  expect([world.restored, world.again.length]).toEqual([0, 1])
  await watch.look()
  expect(world.restored).toBe(1)
})

test('what tells of changes runs only while rules are kept', async () => {
  const { world, watch } = watching()
  world.isKept = false
  await watch.look()
  expect(world.followed).toBe(0)
  world.isKept = true
  await watch.look()
  await watch.look()
  expect(world.followed).toBe(1)
  watch.stop()
  expect(world.followed).toBe(0)
})

test('a person who stops all steps on the host may take the rules away', async () => {
  const { world, watch } = watching()
  world.vetoed = true
  world.now = NO_TABLE
  await watch.look()
  expect(world.restored).toBe(0)
})
