import { expect, it } from 'vitest'
import { lastFatalLine } from './fatal-line.ts'

it.each([
  ['', null],
  ['time="x" level=info msg="all is well"', null],
  ['time="x" level=fatal msg="Error: --token is required"\ntime="y" level=info msg=later', 'Error: --token is required'],
  ['Nov 21 k3s[1]: time="x" level=fatal msg="Get \\"https://10.0.0.9:6443\\": no route"', 'Get "https://10.0.0.9:6443": no route'],
  ['level=fatal msg=short rest', 'short'],
  ['level=fatal error=x', 'level=fatal error=x'],
  [`level=fatal msg="${'a'.repeat(900)}"`, 'a'.repeat(400)],
])('of %j is %j', (text, expected) => {
  expect(lastFatalLine(text)).toBe(expected)
})
