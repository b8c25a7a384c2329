import { ConfigValueSchema } from '@drover/protocol'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import type { Option } from './option.ts'
import { findOption, optionsFor, optionTable } from './options.ts'
import { OWNED_OPTIONS, ownedBy, refusedBecause } from './owned-options.ts'

const VERSION = 'v1.36.2+k3s1'
const table = optionTable(VERSION)

describe('the table of options', () => {
  it('holds nothing that Drover owns', () => {
    expect(Object.keys(table).filter((name) => refusedBecause(name) !== undefined)).toEqual([])
  })

  it('has choices only for words, and pairs only for lists', () => {
    const options = Object.values(table)
    const typesOf = (has: (option: Option) => boolean): ReadonlySet<string> => new Set(options.filter(has).map(({ type }) => type))
    expect(typesOf(({ choices }) => choices !== undefined)).toEqual(new Set(['list', 'string']))
    expect(typesOf(({ args }) => args !== undefined)).toEqual(new Set(['list']))
    for (const choice of options.flatMap(({ choices = [] }) => choices)) expect(ConfigValueSchema.safeParse(choice).success).toBe(true)
  })

  it('no inherited name is an option', () => {
    expect(findOption('constructor', VERSION)).toBeUndefined()
    expect(refusedBecause('constructor')).toBeUndefined()
    expect(findOption('toString', VERSION)).toBeUndefined()
  })

  it('says for each owned option what to do instead', () => {
    for (const advice of Object.values(OWNED_OPTIONS)) expect(advice.length).toBeGreaterThan(10)
    expect(ownedBy('etcd-snapshot-dir')).toBe('use snapshots')
    expect(ownedBy('etcd-arg')).toMatch(/timing/)
  })
})

describe('the options of a role', () => {
  const spec = buildSpec({
    options: { disable: 'traefik', debug: true, 'kubelet-arg': ['max-pods=50'], 'write-kubeconfig-mode': 600 },
    serverOptions: { debug: false, v: 2 },
    agentOptions: { 'kubelet-arg': 'max-pods=99' },
  })

  it('are the common ones that it knows, with its own over them', () => {
    expect(optionsFor(spec, 'server')).toEqual({ disable: ['traefik'], debug: false, 'kubelet-arg': ['max-pods=50'], 'write-kubeconfig-mode': '600', v: 2 })
    expect(optionsFor(spec, 'agent')).toEqual({ debug: true, 'kubelet-arg': ['max-pods=99'] })
  })

  it('an agent takes the registry of all images from its server', () => {
    const one = buildSpec({ options: { 'system-default-registry': 'registry.example.org' } })
    expect(optionsFor(one, 'server')).toEqual({ 'system-default-registry': 'registry.example.org' })
    expect(optionsFor(one, 'agent')).toEqual({})
  })
})
