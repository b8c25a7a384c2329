import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HostSchema, RunSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { run, runOrThrow, type ExecResult } from './command.ts'
import { k3sBinary, type K3sBinary } from './drover/k3s-binary.ts'
import { moment } from './drover/moments.ts'
import { difference, type Picture, pictureOf } from './drover/picture.ts'
import { type Block, readTour } from './drover/read-tour.ts'
import type { Host } from './host.ts'
import { openLab, type Lab } from './lab.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const ARCHIVE = 'drover-0.1.0-linux-amd64.tar.gz'
const NAMES = ['one', 'two', 'three'] as const

describe.skipIf(skipOrFail())('the tour of the README, typed into three hosts', () => {
  const blocks = readTour(readFileSync(`${root}README.md`, 'utf8'))
  const work = `/tmp/drover-tour-${String(process.pid)}`
  let lab: Lab
  let k3s: K3sBinary
  let one: Host
  let bare: Readonly<Record<string, Picture>> = {}
  const said = new Map<string, string>()

  const block = (words: string): Block => {
    const found = blocks.filter(({ text }) => text.includes(words))
    if (found.length !== 1 || found[0] === undefined) throw new Error(`${String(found.length)} blocks hold ${words}`)
    return found[0]
  }
  const hostsOf = ({ on }: Block): Host[] => (on === 'each host' ? NAMES.map((name) => lab.host(name)) : [lab.host(on)])
  const typed = (host: Host, text: string): Promise<ExecResult> => host.sh(text, { timeoutMs: 280_000 })
  const must = (host: Host, text: string): Promise<string> => host.must(text, { timeoutMs: 280_000 })

  const type = async (words: string): Promise<string> => {
    const { text, paste, needsK3s, ...where } = block(words)
    if (needsK3s) await one.writeFile('/root/k3s', readFileSync(k3s.path), 0o755)
    const outputs: string[] = []
    for (const host of hostsOf({ text, paste, needsK3s, ...where })) outputs.push(await must(host, text))
    for (const name of paste) outputs.push(await must(lab.host(name), outputs[0] ?? ''))
    const output = outputs.join('')
    said.set(words, output)
    return output
  }
  const runs = async (): Promise<z.infer<typeof RunSchema>[]> => {
    const answer = await one.sh('drover get runs -o json')
    return answer.code === 0 ? z.array(RunSchema).parse(JSON.parse(answer.stdout)) : []
  }

  beforeAll(async () => {
    k3s = await k3sBinary(work)
    process.stdout.write(`tour: on ${k3s.words}\n`)
    lab = await openLab({ name: `tour-${String(process.pid)}`, hosts: NAMES.map((name) => ({ name, node: !k3s.isReal, k3sReal: k3s.isReal })) })
    one = lab.host('one')
    bare = Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await pictureOf(lab.host(name), { without: ['/root'] })] as const)))
  })
  afterAll(async () => {
    await lab.close()
    await run(['rm', '-rf', work])
  })

  test('every block has its place, and none is left out here', () => {
    expect(blocks.map(({ on, text }) => `${on}: ${text.split('\n')[0] ?? ''}`)).toEqual([
      'in the repository: npm run package',
      `one: tar xf ${ARCHIVE}`,
      'one: drover init --advertise https://10.0.0.11:8443',
      'one: drover install-line --label role=server',
      'one: drover install-line --label role=worker --count 2',
      'one: drover get hosts -o wide',
      'one: drover artifacts import k3s --version v1.36.2+k3s1',
      'one: cp /opt/drover-coordinator/current/examples/small.yaml .',
      'one: drover apply -f small.yaml --yes --wait',
      'one: drover status',
      'one: drover delete cluster home --confirm home --wait',
      'each host: sh /opt/drover/current/install.sh --uninstall',
      'one: cd drover-0.1.0-linux-amd64 && ./install-coordinator.sh --uninstall --purge',
    ])
  })

  test('the archive is made and installed, and says what comes next', async () => {
    await runOrThrow(['sh', '-euc', `${block('npm run package').text.trim()} -- --fast`], { cwd: root, timeoutMs: 280_000 })
    await one.writeFile(`/root/${ARCHIVE}`, readFileSync(`${root}dist/${ARCHIVE}`))
    expect(await type('tar xf')).toContain('drover init --advertise https://10.0.0.11:8443')
    expect(await type('drover init')).toContain('drover install-line --count 2')
  })

  test('the pasted lines enrol three hosts', async () => {
    expect(await type('role=server')).toContain('It is enrolled')
    expect((await type('role=worker')).match(/It is enrolled/g)).toHaveLength(2)
    await until('three inventories', async () => {
      const hosts = z.array(HostSchema).parse(JSON.parse(await must(one, 'drover get hosts -o json')))
      return hosts.length === 3 && hosts.every(({ inventory }) => Object.keys(inventory).length === 3) ? true : null
    })
    const shown = await type('get hosts -o wide')
    for (const name of NAMES) expect(shown).toMatch(new RegExp(`^${name} +active +connected.*${lab.host(name).address}`, 'm'))
  })

  test('a plan shows it, the approved run outlives a reboot of its own coordinator and server', async () => {
    expect(await type('artifacts import')).toContain(k3s.version)
    expect(await type('drover plan')).toMatch(/one is server[^]*Approve it with: drover approve fc-/)
    const since = Date.now()
    const apply = typed(one, block('drover apply').text)
    await moment({ host: one, kind: 'k3s.start', type: 'RECEIVED', since })
    await one.reboot()
    expect((await apply).code).not.toBe(0)
    const ended = await until('the end of the run', async () => (await runs()).find(({ state }) => state !== 'running' && state !== 'waiting') ?? null, { limitMs: 240_000, everyMs: 1000 })
    expect(ended).toMatchObject({ state: 'done', planned: 10 })
  })

  test('the kubeconfig of the page works', async () => {
    const shown = await type('drover kubeconfig')
    expect(shown).toContain('API up')
    expect(shown.match(/^(?:one|two|three) +Ready/gm)).toHaveLength(3)
  })

  test('the way back leaves three bare hosts', async () => {
    expect(await type('drover delete cluster')).toMatch(/run run-[a-z2-7]{16} done\n$/)
    await type('current/install.sh')
    await type('--uninstall --purge')
    for (const name of NAMES) {
      const left = difference(bare[name] ?? [], await pictureOf(lab.host(name), { without: ['/root'] }))
      expect(left.filter((line) => !/ \/etc\/rancher(?:\/node(?:\/password)?)?(?: |$)/.test(line))).toEqual([])
    }
  })
})
