import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, describe, it } from 'vitest'
import { findOption, optionTable } from '../../../packages/coordinator/src/core/spec/options.ts'
import { refusedBecause } from '../../../packages/coordinator/src/core/spec/owned-options.ts'

const VERSION = 'v1.36.2+k3s1'
type Flag = { readonly on: string; readonly kind: string }
type Flags = ReadonlyMap<string, Flag>

const written: Flags = new Map(
  readFileSync(new URL('../../fixtures/k3s-flags.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', on = '', kind = ''] = line.split(' ')
      return [name, { on, kind }]
    }),
)

/** The flags of one role as `k3s <role> --help` prints them. */
const helpOf = (binary: string, role: string, folder: string): ReadonlyMap<string, string> => {
  const text = execFileSync(binary, [role, '--data-dir', folder, '--help'], { encoding: 'utf8' })
  const lines = text.matchAll(/^ {3}--?(?<name>[a-z0-9-]+)(?<rest>(?: \S+)*)/gm)
  return new Map(
    [...lines].map(({ groups: { name = '', rest = '' } = {} }) => {
      const kind = rest.includes('[') ? 'list' : / (?:value|FILE)\b/.test(rest) ? 'value' : 'bool'
      return [name, kind]
    }),
  )
}

const flagsOf = (binary: string): Flags => {
  const folder = mkdtempSync(`${tmpdir()}/k3s-help-`)
  try {
    const server = helpOf(binary, 'server', folder)
    const agent = helpOf(binary, 'agent', folder)
    const names = [...new Set([...server.keys(), ...agent.keys()])].filter((name) => name !== 'help')
    const on = (name: string): string => (server.has(name) && agent.has(name) ? 'both' : server.has(name) ? 'server' : 'agent')
    return new Map(names.map((name) => [name, { on: on(name), kind: server.get(name) ?? agent.get(name) ?? '' }]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const kindOf = (type: string): string => (type === 'int' || type === 'string' ? 'value' : type)
const offered = Object.entries(optionTable(VERSION))

describe(`the options of a spec against the flags of k3s ${VERSION}`, () => {
  it.each(offered)('%s has the roles and the kind of the flag', (name, option) => {
    expect({ on: option.on, kind: kindOf(option.type) }).toEqual(written.get(name))
  })

  it('every other flag is refused with a reason', () => {
    const silent = [...written.keys()].filter((name) => findOption(name, VERSION) === undefined && refusedBecause(name) === undefined)
    expect(silent).toEqual([])
  })

  it.skipIf((process.env['K3S_BIN'] ?? '') === '')('the list of flags is what the k3s that K3S_BIN names prints', () => {
    expect(Object.fromEntries(flagsOf(process.env['K3S_BIN'] ?? ''))).toEqual(Object.fromEntries(written))
  })
})
