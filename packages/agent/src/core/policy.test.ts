import { describe, expect, it } from 'vitest'
import { judge, type PolicyFile, readPolicy } from './policy.ts'

const NONE: PolicyFile = { is: 'none' }
const start = { kind: 'k3s.start', class: 'disrupt', veto: false } as const
const read = { kind: 'kubeconfig.read', class: 'observe', veto: false } as const

describe('readPolicy', () => {
  it.each([
    ['nothing', undefined],
    ['another version', { version: 2 }],
    ['an unknown key', { version: 1, deny_type: [] }],
    ['a list that is a text', { version: 1, deny_types: 'k3s.start' }],
    ['a step that does not exist', { version: 1, deny_types: ['k3s.strat'] }],
    ['a step that does not exist among the allowed', { version: 1, allow_types: ['k3s.strat'] }],
    ['a class that does not exist', { version: 1, classes: { destructive: 'deny' } }],
  ])('refuses %s', (_name, value) => {
    expect(readPolicy(value).is).toBe('broken')
  })

  it('says what is wrong', () => {
    expect(readPolicy({ version: 1, deny_types: ['k3s.strat'] })).toEqual({ is: 'broken', why: 'there is no step k3s.strat' })
  })
})

describe('judge', () => {
  it('allows everything where there is no policy', () => {
    expect(judge({ ...start, file: NONE })).toBeNull()
  })

  it.each([
    ['deny_types', { version: 1, deny_types: ['k3s.start'] }],
    ['allow_types that lack it', { version: 1, allow_types: ['k3s.config'] }],
    ['its class', { version: 1, classes: { disrupt: 'deny' } }],
    ['a consent that nobody can give yet', { version: 1, classes: { disrupt: 'confirm' } }],
    ['a value that does not exist', { version: 1, classes: { disrupt: 'alow' } }],
  ])('denies by %s', (_name, policy) => {
    expect(judge({ ...start, file: readPolicy(policy) })?.code).toBe('order.policy')
  })

  it('lets a policy pass that names other steps', () => {
    expect(judge({ ...start, file: readPolicy({ version: 1, deny_types: ['k3s.uninstall'], classes: { disrupt: 'allow', destroy: 'deny' } }) })).toBeNull()
  })

  it('stops all that changes while VETO is there, and nothing else', () => {
    expect(judge({ ...start, veto: true, file: NONE })?.code).toBe('order.veto')
    expect(judge({ ...read, veto: true, file: NONE })).toBeNull()
  })

  it('stops all that changes while the policy cannot be relied on', () => {
    const file: PolicyFile = { is: 'broken', why: 'line 3: syntax' }
    expect(judge({ ...start, file })).toEqual({ code: 'order.policy', message: '/etc/drover/policy.json cannot be relied on: line 3: syntax' })
    expect(judge({ ...read, file })).toBeNull()
  })
})
