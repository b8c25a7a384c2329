import type { Request } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledInput } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { describe, expect, it } from 'vitest'
import { forecast } from './forecast.ts'
import { approvedRequests, isServed, leftBehind } from './requests.ts'

const { input } = buildInput({ hosts: [buildHost({ name: 'one' })] })
const request = (id: string, kind: Request['kind']): Request => ({ id: `req-${id.repeat(16)}`, kind, params: {}, askedBy: 'anna', askedAt: 0, state: 'open' })
const [read, remove] = [request('a', 'kubeconfig'), request('b', 'delete-cluster')]

describe('requests', () => {
  it('a deletion is planned by only once a forecast that names it was approved', () => {
    expect(approvedRequests([read, remove], null)).toEqual([read])
    expect(approvedRequests([read, remove], forecast(input))).toEqual([read])
    expect(approvedRequests([read, remove], forecast({ ...settledInput(input), requests: [remove] }))).toEqual([read, remove])
  })

  it('a deletion leaves behind whom it names, and nobody where it names none', () => {
    const id = hostIdOf('one')
    expect([...leftBehind({ ...remove, params: { without: [id] } } as Request)]).toEqual([id])
    expect([leftBehind(remove).size, leftBehind(read).size, leftBehind(undefined).size]).toEqual([0, 0, 0])
    expect(() => leftBehind({ ...remove, params: { without: 'one' } } as Request)).toThrow('expected array')
  })

  it('are served when the answer is there, or nothing is left', () => {
    expect(isServed(input, read)).toBe(false)
    const facts = { answered: { value: { [read.id]: true as const }, seenAt: 0 } }
    expect(isServed({ ...input, view: { ...input.view, facts } }, read)).toBe(true)
    expect(isServed(input, remove)).toBe(true)
    expect(isServed(settledInput(input), remove)).toBe(false)
  })
})
