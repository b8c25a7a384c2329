import { OrderIdSchema } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import type { HostWriter, UnitState } from '../host/host.ts'
import { createUnitLauncher } from './launch.ts'

const ID = { order: OrderIdSchema.parse('ord-aaaaaaaaaaaaaaaa'), attempt: 2 }
const UNIT: UnitState = { load: 'loaded', active: 'active', sub: 'running', enabled: false, restarts: 0, invocation: '', mainPid: 1, stale: false }
const hostWith = (ran: string[][], unit: UnitState, code = 0): Pick<HostWriter, 'change' | 'unit'> => ({
  change: async (tool, args) => {
    ran.push([tool, ...args])
    return { code, stdout: '', stderr: 'refused', timedOut: false }
  },
  unit: async () => unit,
})

describe('createUnitLauncher', () => {
  it('starts the child as a unit of its own, with a limit and the order as plain arguments', async () => {
    const ran: string[][] = []
    await createUnitLauncher(hostWith(ran, UNIT), ['/node', '/children.cjs']).start(ID, 61_500)
    const [command = []] = ran
    expect(command.slice(0, 2)).toEqual(['systemd-run', '--unit=drover-step-ord-aaaaaaaaaaaaaaaa-2'])
    expect(command).toContain('--property=RuntimeMaxSec=62')
    expect(command.slice(command.indexOf('--'))).toEqual(['--', '/node', '/children.cjs', 'run-step', ID.order, '2'])
  })

  it('says what systemd says where it cannot', async () => {
    await expect(createUnitLauncher(hostWith([], UNIT, 1), ['/node']).start(ID, 1)).rejects.toMatchObject({ code: 'step.tool', evidence: 'refused' })
  })

  it.each([['active', true], ['activating', true], ['deactivating', true], ['inactive', false], ['failed', false], ['refreshing', true], ['maintenance', true]])('a unit that is %s is running: %s', async (active, running) => {
    expect(await createUnitLauncher(hostWith([], { ...UNIT, active }), ['/node']).isRunning(ID)).toBe(running)
  })
})
