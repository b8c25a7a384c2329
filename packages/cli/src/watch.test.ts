import type { Cluster, RunShown } from '@drover/protocol'
import { createFakeIo, type FakeIoOptions, inTurn } from '@drover/test/kit/cli/fake-io.ts'
import { CLUSTER, DONE, ETCD, IDS, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { createTerminal } from '@drover/test/kit/cli/terminal.ts'
import { describe, expect, it } from 'vitest'
import { CliError } from './cli-error.ts'
import { runCli } from './program.ts'

const [member] = CLUSTER.members
if (member === undefined) throw new Error('the cluster has a member')
const TWO: Cluster = { ...CLUSTER, etcd: ETCD, members: [member, { ...member, host: 'node-2', ip: '10.0.0.12', node: 'notReady' }] }
const END = new Error('the end of this test')
const away = new CliError(1, 'cannot reach the coordinator')
const answers = (clusters: readonly unknown[], runs: readonly unknown[]): FakeIoOptions => ({
  answers: { 'GET /api/v1/clusters/home': inTurn(...clusters, END), [`GET /api/v1/runs/${IDS.run}`]: inTurn(...runs) },
})

/** Watches until the answers are at an end, and gives what was printed. */
const watched = async (options: FakeIoOptions, ...more: readonly string[]): Promise<{ readonly out: string; readonly err: string }> => {
  const io = createFakeIo(options)
  await expect(runCli(['status', 'home', '--watch', ...more], io)).rejects.toThrow('the end of this test')
  return io.said
}

describe('status --watch in a pipe', () => {
  it('prints a line for each change, with its time, and nothing for what only grows older', async () => {
    const { out } = await watched(answers([TWO, TWO, TWO, { ...TWO, waits: [] }], [RUN, RUN, { ...RUN, orders: RUN.orders.map((order) => (order.state === 'done' ? order : { ...order, detail: 'fetched 15 MB' })) }, DONE]))
    expect(out).toMatchInlineSnapshot(`
      "20:26:40Z  Cluster home   API up   https://10.0.0.11:6443
      20:26:40Z  Run run-aaaaaaaaaaaaaaaa   running for 60 s   1 of 6 steps
      20:26:40Z  1 of 2 voters are healthy, 2 have to agree: nothing can be written.
      20:26:40Z  node-1  server  ready  voter, leads  at rest
      20:26:40Z  node-2  server  notReady  -  install k3s v1.36.2+k3s1 from release: applying for 40 s: fetched 12 MB
      20:26:40Z  node-2  WAIT kubelet not Ready for 4 s, ends when Ready, gives up at 5 min
      20:26:43Z  Run run-aaaaaaaaaaaaaaaa   done 3 s ago   2 of 6 steps
      20:26:43Z  node-2  server  notReady  -  at rest
      "
    `)
  })

  it('says once that the coordinator is away, and goes on', async () => {
    const { out } = await watched(answers([TWO, away, away, TWO], [RUN]))
    expect(out.match(/cannot reach the coordinator. Asked again every second/g)).toHaveLength(1)
  })

  it('passes on no control character of a host', async () => {
    const run: RunShown = { ...RUN, orders: RUN.orders.map((order) => ({ ...order, detail: 'a\u001b[2Jb\nc' })) }
    for (const isTerminal of [false, true]) {
      const { out } = await watched({ ...answers([TWO], [run]), isTerminal, columns: 200, rows: 40 })
      expect(out).toContain('a[2Jb c')
      expect(out).not.toContain('\u001b[2J')
    }
  })
})

describe('status --watch on a terminal', () => {
  const picture = async (options: FakeIoOptions, size: { readonly columns: number; readonly rows: number }): Promise<readonly string[]> => {
    const terminal = createTerminal(size)
    terminal.out((await watched({ ...options, ...size, isTerminal: true })).out)
    return terminal.lines()
  }

  it('draws hosts, members, the run and what may be lost over what was there before', async () => {
    expect((await picture(answers([TWO, TWO], [RUN]), { columns: 130, rows: 30 })).join('\n')).toMatchInlineSnapshot(`
      "Cluster home   API up   https://10.0.0.11:6443
      Run run-aaaaaaaaaaaaaaaa   running for 61 s   1 of 6 steps
      1 of 2 voters are healthy, 2 have to agree: nothing can be written.

      HOST    ROLE    NODE      MEMBER        NOW
      node-1  server  ready     voter, leads  at rest
      node-2  server  notReady  -             install k3s v1.36.2+k3s1 from release: applying for 41 s: fetched 12 MB
                                              WAIT kubelet not Ready for 5 s, ends when Ready, gives up at 5 min"
    `)
    expect((await picture(answers([TWO, { ...TWO, waits: [] }], [RUN, DONE]), { columns: 130, rows: 30 })).join('\n')).toMatchInlineSnapshot(`
      "Cluster home   API up   https://10.0.0.11:6443
      Run run-aaaaaaaaaaaaaaaa   done 1 s ago   2 of 6 steps
      1 of 2 voters are healthy, 2 have to agree: nothing can be written.

      HOST    ROLE    NODE      MEMBER        NOW
      node-1  server  ready     voter, leads  at rest
      node-2  server  notReady  -             at rest"
    `)
  })

  it('fits a window that is too small', async () => {
    const lines = await picture(answers([TWO, TWO], [RUN]), { columns: 30, rows: 6 })
    expect([lines.length, Math.max(...lines.map((line) => line.length))]).toEqual([5, 29])
  })

  it('keeps what it saw last while the coordinator is away', async () => {
    const lines = await picture(answers([TWO, away], [RUN]), { columns: 100, rows: 30 })
    expect(lines[0]).toMatch(/^cannot reach the coordinator/)
    expect(lines.join('\n')).toContain('node-2')
  })
})

describe('status --watch -o json', () => {
  it('is one document on a line for each change', async () => {
    const later = { ...TWO, members: TWO.members.map((one) => ({ ...one, seenAt: 5 })) }
    const { out } = await watched(answers([TWO, later, { ...TWO, waits: [] }], [RUN, RUN, DONE]), '-o', 'json')
    const documents = out.trim().split('\n').map((line) => JSON.parse(line) as { at: number; cluster: Cluster; run: RunShown })
    expect(documents.map(({ run }) => run.state)).toEqual(['running', 'done'])
    expect(documents[0]).toEqual({ at: expect.any(Number) as unknown, cluster: TWO, run: RUN })
  })
})
