import { expect, it } from 'vitest'
import { logLine } from './log.ts'

const at = new Date('2026-11-21T09:38:21.535Z')

it.each([
  ['Run: k3s kubectl', {}, 'time="2026-11-21T09:38:21Z" level=info msg="Run: k3s kubectl"\n'],
  ['Starting', { logger: 'k3s', version: 'v1.36.2+k3s1' }, 'time="2026-11-21T09:38:21Z" level=info msg=Starting logger=k3s version=v1.36.2+k3s1\n'],
  ['a "b"\n', {}, 'time="2026-11-21T09:38:21Z" level=info msg="a \\"b\\"\\n"\n'],
])('writes %j as logrus does', (message, fields, line) => {
  expect(logLine(at, 'info', { message, fields })).toBe(line)
})
