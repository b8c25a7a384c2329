import { missingForLab } from './requirements.ts'

/** Whether a lab test must be skipped here; says loudly why. With `CI` set it throws: there a skipped lab is a failure. */
export function skipOrFail(): boolean {
  const missing = missingForLab()
  if (missing.length === 0) return false
  const lines = missing.map(({ what, how }) => `  ${what}: ${how}`)
  const message = `no lab on this machine, it lacks:\n${lines.join('\n')}`
  if ((process.env['CI'] ?? '') !== '') throw new Error(message)
  process.stderr.write(`\nSKIPPED: ${message}\n`)
  return true
}
