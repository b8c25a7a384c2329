import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { renderKillall } from './killall-script.ts'
import { renderUninstall } from './uninstall-script.ts'
import { OURS, renderUnit, unitIsOurs } from './unit.ts'

const SCRIPTS = { 'k3s-killall.sh': renderKillall(), 'k3s-uninstall.sh': renderUninstall('server'), 'k3s-agent-uninstall.sh': renderUninstall('agent') }

describe.each(Object.entries(SCRIPTS))('%s', (_name, text) => {
  it('is POSIX sh and known as ours', () => {
    expect(spawnSync('sh', ['-n'], { input: text }).status).toBe(0)
    expect(text.startsWith(`#!/bin/sh\n${OURS}\n`)).toBe(true)
    expect(unitIsOurs(text)).toBe(true)
  })

  it('passes shellcheck', (context) => {
    const checked = spawnSync('shellcheck', ['-s', 'sh', '-'], { input: text, encoding: 'utf8' })
    context.skip(checked.error !== undefined, 'shellcheck is not installed')
    expect(checked.stdout).toBe('')
  })
})

describe('the unit', () => {
  it.each([['server', 'k3s server', 'k3s.service.env'], ['agent', 'k3s agent', 'k3s-agent.service.env']] as const)('of a %s has the settings of k3s', (role, command, env) => {
    const unit = renderUnit(role)
    expect(unit).toContain(`\nExecStart=/usr/local/bin/${command}\n`)
    expect(unit).toContain(`\nEnvironmentFile=-/etc/systemd/system/${env}\n`)
    for (const setting of ['Type=notify', 'KillMode=process', 'Delegate=yes', 'Restart=always', 'RestartSec=5s', 'TimeoutStartSec=0', 'LimitNOFILE=1048576', 'TasksMax=infinity']) {
      expect(unit.split('\n')).toContain(setting)
    }
    expect(unit).toContain('\nExecStartPost=/usr/bin/touch /var/lib/drover/k3s-was-active\n')
  })

  it('of somebody else is not ours', () => {
    expect(unitIsOurs('[Unit]\nDescription=Lightweight Kubernetes\n')).toBe(false)
  })
})
