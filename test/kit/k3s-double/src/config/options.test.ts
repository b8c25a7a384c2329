import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Log } from '../log.ts'
import { SERVER_FLAGS } from './flags.ts'
import { type Options, readOptions } from './options.ts'

type Trial = {
  readonly put: (name: string, text: string) => void
  readonly read: (given?: readonly string[], env?: Readonly<Record<string, string>>) => Options
  readonly said: string[]
}

function trial(): Trial {
  const folder = mkdtempSync(join(tmpdir(), 'options-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'config.yaml.d'))
  const said: string[] = []
  const log: Log = (level, text) => said.push(`${level} ${text}`)
  return {
    said,
    put: (name, text) => writeFileSync(join(folder, name), text),
    read: (given = [], env = {}) => readOptions({ command: 'server', flags: SERVER_FLAGS, given, env, configFile: join(folder, 'config.yaml') }, log),
  }
}

describe('files', () => {
  it('are read in the order of their names, the last value wins, + appends', () => {
    const { put, read } = trial()
    put('config.yaml', 'node-name: a\nnode-label: [x=1]\n')
    put('config.yaml.d/20.yaml', 'node-name: c\nnode-label+: [y=2]\n')
    put('config.yaml.d/10.yml', 'node-name: b\n')
    put('config.yaml.d/99.txt', 'node-name: never\n')
    expect(read().one('node-name')).toBe('c')
    expect(read().all('node-label')).toEqual(['x=1', 'y=2'])
  })

  it('may be drop-ins alone', () => {
    const { put, read } = trial()
    put('config.yaml.d/10.yaml', 'protect-kernel-defaults: true\n')
    expect(read().on('protect-kernel-defaults')).toBe(true)
  })

  it('lose a whole list where a later file has it without +', () => {
    const { put, read } = trial()
    put('config.yaml', 'disable: [traefik, servicelb]\n')
    put('config.yaml.d/10.yaml', 'disable: coredns\n')
    expect(read().all('disable')).toEqual(['coredns'])
  })

  it('are warned about for a key that the command does not know', () => {
    const { put, read, said } = trial()
    put('config.yaml', 'nosuch: 1\nnode-name: a\n')
    expect(read().one('node-name')).toBe('a')
    expect(said).toEqual(['warning Unknown flag --nosuch found in config.yaml, skipping\n'])
  })

  it.each([
    ['disable: [traefik\n', "yaml: line 1: did not find expected ',' or ']'"],
    ['token: [abc\n  def\n', "yaml: line 2: did not find expected ',' or ']'"],
    ['a: b: c\n', 'yaml: mapping values are not allowed in this context'],
    ['\tx: 1\n', 'yaml: found character that cannot start any token'],
    ['x: "abc\n', 'yaml: line 2: found unexpected end of stream'],
    ['- a\n- b\n', 'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `a` into yaml.MapItem\n  line 2: cannot unmarshal !!str `b` into yaml.MapItem'],
  ])('%j ends with the words of the YAML reader', (text, message) => {
    const { put, read } = trial()
    put('config.yaml', text)
    expect(() => read()).toThrow(message)
  })
})

describe('command line and environment', () => {
  it('the command line wins over a file, the environment stands behind both', () => {
    const { put, read } = trial()
    put('config.yaml', 'node-name: file\n')
    expect(read(['--node-name', 'line'], { K3S_NODE_NAME: 'env' }).one('node-name')).toBe('line')
    expect(read([], { K3S_NODE_NAME: 'env' }).one('node-name')).toBe('file')
    expect(read([], { K3S_TOKEN: 'env' }).one('token')).toBe('env')
  })

  it('a list on the command line adds to the list of the files', () => {
    const { put, read } = trial()
    put('config.yaml', 'node-label: [file=1]\n')
    expect(read(['--node-label', 'line=1']).all('node-label')).toEqual(['file=1', 'line=1'])
  })

  it('takes -s, --flag=value, switches, and refuses what it does not know', () => {
    const { read } = trial()
    const options = read(['-s', 'https://a:6443', '--node-ip=10.0.0.1', '--cluster-init'])
    expect([options.one('server'), options.one('node-ip'), options.on('cluster-init')]).toEqual(['https://a:6443', '10.0.0.1', true])
    expect(() => read(['--nosuch'])).toThrow('flag provided but not defined: -nosuch')
    expect(() => read(['--node-name'])).toThrow('flag needs an argument: --node-name')
  })

  it('shows everything but the secrets', () => {
    const { put, read } = trial()
    put('config.yaml', 'token: hush\nnode-ip: 10.0.0.1\n')
    expect(read(['--agent-token', 'hush']).shown).toEqual(['server', '--token', '********', '--node-ip', '10.0.0.1', '--agent-token', '********'])
  })
})
