import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../kit/commands/index.ts'
import { runScenario } from './run-scenario.ts'

const folder = import.meta.dirname
const isUpdate = process.env['DROVER_UPDATE_SCENARIOS'] === '1'

describe('scenarios', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s tells what happens', (name) => {
    const path = join(folder, name)
    const told = readFileSync(path, 'utf8')
    const happened = runScenario(told)
    if (isUpdate) writeFileSync(path, happened)
    expect(happened).toBe(isUpdate ? happened : told)
  })

  it('has a scenario for each command', () => {
    const told = readdirSync(folder).filter((name) => name.endsWith('.txt')).map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
    for (const { name } of COMMANDS) expect(told).toMatch(new RegExp(`^${name}(?: |$)`, 'm'))
  })
})
