import { describe, expect, it } from 'vitest'
import { unitStateOf } from './systemd.ts'

const SHOWN = `LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NRestarts=2
InvocationID=0123456789abcdef0123456789abcdef
MainPID=811
NeedDaemonReload=no
`

describe('unitStateOf', () => {
  it('reads what systemctl show prints', () => {
    expect(unitStateOf(SHOWN)).toEqual({
      load: 'loaded',
      active: 'active',
      sub: 'running',
      enabled: true,
      restarts: 2,
      invocation: '0123456789abcdef0123456789abcdef',
      mainPid: 811,
      stale: false,
    })
  })

  it('reads a unit that is not there: older systemd leaves lines out, never its state', () => {
    expect(unitStateOf('LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n')).toMatchObject({ load: 'not-found', active: 'inactive', enabled: false })
  })

  it.each(['', '\n', 'LoadState=loaded\n', 'ActiveState=\nLoadState=loaded\nSubState=\n', 'Failed to get properties'])('takes %j for no answer', (text) => {
    expect(() => unitStateOf(text)).toThrow('did not say how the unit stands')
  })
})
