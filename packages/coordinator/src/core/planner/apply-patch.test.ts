import { freeze } from '@drover/test/kit/builders/freeze.ts'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { buildView } from '@drover/test/kit/builders/plan-input.ts'
import { describe, expect, it } from 'vitest'
import { applyPatch, effectOf } from './apply-patch.ts'

const ONE = hostIdOf('one')
const view = freeze(buildView('home', [buildHost({ name: 'one', online: false })]))

describe('a patch', () => {
  it('replaces whole facts, stamps them, and shows the host as connected', () => {
    const next = applyPatch(view, { hosts: { [ONE]: { images: { a: 'b' } } }, cluster: { api: 'up' } }, 7)
    expect(next.hosts[ONE]?.facts.images).toEqual({ value: { a: 'b' }, seenAt: 7 })
    expect(next.hosts[ONE]?.facts.binary).toEqual({ value: null, seenAt: 0 })
    expect(next.hosts[ONE]?.online).toEqual({ value: true, seenAt: 7 })
    expect(next.facts).toEqual({ api: { value: 'up', seenAt: 7 } })
  })

  it('leaves out hosts that the view lacks, and changes nothing where it is empty', () => {
    expect(applyPatch(view, { hosts: { [hostIdOf('gone')]: { node: 'ready' } } }, 7)).toEqual(view)
    expect(applyPatch(view, {}, 7)).toEqual(view)
  })

  it('a step of a kind that is not known predicts nothing', () => {
    const why = { code: 'wait.node.ends', args: {} } as const
    expect(effectOf(view, { key: 'x@y#{}', kind: 'x' as never, host: ONE, params: {}, class: 'prepare', why, change: null })).toEqual({})
  })
})
