import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import type { Options } from '../config/options.ts'
import { makePaths } from '../paths.ts'
import { makeWorld } from '../world.ts'
import { readSettings } from '../settings.ts'
import { etcdArguments, memberName, writeEtcdConfig } from './config.ts'

const optionsOf = (given: readonly string[]): Options => ({ one: () => given.at(-1), all: (name) => (name === 'etcd-arg' ? given : []), on: () => false, shown: [] })

it('takes numbers and truths of etcd-arg for what they are', () => {
  expect(etcdArguments(optionsOf(['heartbeat-interval=100', '--pre-vote=true', 'log-level=warn']))).toEqual({ 'heartbeat-interval': 100, 'pre-vote': true, 'log-level': 'warn' })
})

it('writes a configuration in which etcd-arg wins, for a member whose name is kept', () => {
  const root = mkdtempSync(join(tmpdir(), 'etcd-config-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const paths = makePaths(root, '/var/lib/rancher/k3s')
  const world = makeWorld({ version: 'v1', node: 'p1', paths, settings: readSettings(paths.settings), log: () => undefined, onStop: () => undefined, stopping: new AbortController().signal })
  const name = memberName(world)
  expect(name).toMatch(/^p1-[0-9a-f]{8}$/)
  expect(memberName(world)).toBe(name)
  const file = writeEtcdConfig({ world, options: optionsOf(['election-timeout=1000']), name, ip: '10.0.0.1' }, { cluster: [`${name}=https://10.0.0.1:2380`], state: 'new' })
  expect(parse(readFileSync(file, 'utf8'))).toMatchObject({ name, 'election-timeout': 1000, 'heartbeat-interval': 500, 'initial-cluster-state': 'new', 'listen-metrics-urls': 'http://127.0.0.1:2381' })
})
