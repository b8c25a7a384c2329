import { expect, it } from 'vitest'
import { findingText } from './finding.ts'

it('a finding says what to do about it', () => {
  const said = { code: 'finding.used-port', args: { host: 'one', port: 'tcp/6443 (nginx)' } } as const
  expect(findingText({ level: 'fatal', said, on: ['one'] })).toBe('FATAL  one: tcp/6443 (nginx) is in use\n         next: stop what listens there, or name another host')
})
