import { CLUSTER, HOST, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { run } from '@drover/test/kit/cli/run-command.ts'
import { describe, expect, it } from 'vitest'
import { CliError } from '../cli-error.ts'

describe('lists', () => {
  const answers = { 'GET /api/v1/hosts': [HOST], 'GET /api/v1/clusters': [CLUSTER], 'GET /api/v1/runs': [RUN], 'GET /api/v1/tokens': [], 'GET /api/v1/artifacts': [] }

  it('of hosts, clusters and runs are tables', async () => {
    expect((await run(['get', 'hosts'], { answers })).said.out).toMatchInlineSnapshot(`
      "NAME    STATE   AGENT      CLUSTER  ROLE    NODE   ADDRESS    CPUS  MEMORY
      node-1  active  connected  home     server  ready  10.0.0.11  4     8192 MB
      "
    `)
    expect((await run(['get', 'clusters'], { answers })).said.out).toMatchInlineSnapshot(`
      "NAME  API  SERVERS  AGENTS  READY  VERSION       RUN                   AGE
      home  up   1        0       1/1    v1.36.2+k3s1  run-aaaaaaaaaaaaaaaa  24 h
      "
    `)
    expect((await run(['get', 'runs'], { answers })).said.out).toMatchInlineSnapshot(`
      "ID                    CLUSTER  STATE    STEPS  STARTED   TOOK
      run-aaaaaaaaaaaaaaaa  home     running  1/6    60 s ago  60 s
      "
    `)
  })

  it('tell what to do where they are empty', async () => {
    for (const what of ['tokens', 'artifacts']) expect((await run(['get', what], { answers })).said.out).toMatch(/^No |^The cache is empty/)
  })

  it('are whole as JSON and YAML, and names alone on wish', async () => {
    for (const what of ['hosts', 'clusters', 'runs', 'tokens', 'artifacts']) expect(JSON.parse((await run(['get', what, '-o', 'json'], { answers })).said.out)).toHaveProperty('length')
    expect((await run(['get', 'hosts', '-o', 'name'], { answers })).said.out).toBe('node-1\n')
    expect((await run(['get', 'hosts', '-o', 'yaml'], { answers })).said.out).toContain('name: node-1')
    expect((await run(['get', 'hosts', '-o', 'wide'], { answers })).said.out).toContain('10.0.0.254 on eth0')
  })

  it('pass nothing of a host to the terminal that it would act on', async () => {
    const nasty = 'x\u001b]52;c;ZXZpbA==\u0007\u001b[31m\u202e\u200b\u009b31m'
    const bad = { ...HOST, address: nasty, labels: { role: 'server' }, findings: [{ code: 'host.offline', args: { host: nasty } }], inventory: { ...HOST.inventory, network: undefined } }
    const clean = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/
    for (const form of ['table', 'wide', 'json', 'yaml', 'name']) {
      expect((await run(['get', 'hosts', '-o', form], { answers: { 'GET /api/v1/hosts': [bad] } })).said.out).not.toMatch(clean)
    }
    expect((await run(['describe', 'host', 'node-1'], { answers: { 'GET /api/v1/hosts/node-1': bad } })).said.out).not.toMatch(clean)
    const lines = { host: 'node-1', unit: 'k3s', lines: [nasty, 'second'] }
    expect((await run(['logs', 'node-1'], { answers: { 'GET /api/v1/hosts/node-1/logs?unit=drover-agent&lines=200': lines } })).said.out).not.toMatch(clean)
    const error = new CliError(1, nasty, { remedy: nasty, faults: [{ path: nasty, line: 1, column: 2, value: nasty, reason: nasty, nearest: nasty }] })
    expect((await run(['get', 'hosts'], { answers: { 'GET /api/v1/hosts': error } })).said.err).not.toMatch(clean)
  })
})
