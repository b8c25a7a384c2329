import { CLUSTER, ETCD, HOST } from '@drover/test/kit/cli/fixtures.ts'
import { run } from '@drover/test/kit/cli/run-command.ts'
import { describe, expect, it } from 'vitest'
import { etcdWord } from './listings.ts'

const PATH = 'GET /api/v1/clusters/home/members'
const members = async (...argv: readonly string[]): Promise<string> => (await run(['get', 'members', 'home', ...argv], { answers: { [PATH]: ETCD } })).said.out

describe('the members of etcd', () => {
  it('are a table, with what may be lost in the last line', async () => {
    expect(await members()).toMatchInlineSnapshot(`
      "NAME             HOST    MEMBER   LEADER  HEALTHY  PEER                    SEEN
      node-1-cec57e62  node-1  voter    yes     yes      https://10.0.0.11:2380  4 s ago
      (not started)    -       learner          unknown  https://10.0.0.12:2380  never
      node-3-0a1b2c3d  node-3  voter            no       https://10.0.0.13:2380  8 s ago
      1 of 2 voters are healthy, 2 have to agree: nothing can be written.
      "
    `)
  })

  it('say how many more may be lost', async () => {
    const last = async (more: object): Promise<string | undefined> => (await run(['get', 'members', 'home'], { answers: { [PATH]: { ...ETCD, ...more } } })).said.out.trimEnd().split('\n').at(-1)
    expect(await last({ voters: 3, healthy: 3, quorum: 2, tolerates: 1 })).toBe('3 of 3 voters are healthy, 2 have to agree: 1 more may be lost.')
    expect(await last({ voters: 2, healthy: 2, quorum: 2, tolerates: 0 })).toBe('2 of 2 voters are healthy, 2 have to agree: none more may be lost.')
  })

  it('are whole as JSON, and names alone on wish', async () => {
    expect(JSON.parse(await members('-o', 'json'))).toEqual(ETCD)
    expect(await members('-o', 'name')).toBe('node-1-cec57e62\n\nnode-3-0a1b2c3d\n')
    expect(await members('-o', 'wide')).toContain('10501334649042878790')
  })

  it('are asked of one cluster', async () => {
    const { code, said } = await run(['get', 'members'])
    expect([code, said.err]).toEqual([2, expect.stringContaining('drover get members CLUSTER')])
  })

  it('are a part of the description of a cluster, and of its hosts', async () => {
    const answers = { 'GET /api/v1/clusters/home': { ...CLUSTER, run: null, etcd: ETCD } }
    const { out } = (await run(['describe', 'cluster', 'home'], { answers })).said
    expect(out).toContain('heartbeat 100 ms, election after 1000 ms')
    expect(out).toContain('nothing can be written')
    const etcd = { id: '7', member: 'voter', healthy: true, leads: true } as const
    expect((await run(['describe', 'host', 'node-1'], { answers: { 'GET /api/v1/hosts/node-1': { ...HOST, etcd } } })).said.out).toContain('etcd leader, member 7')
    expect([null, etcd, { ...etcd, leads: false, healthy: false }].map(etcdWord)).toEqual(['-', 'leader', 'voter, not healthy'])
  })
})
