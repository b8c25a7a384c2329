import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePackages, type Packages } from './make-packages.ts'
import { runnerFor } from './prove-archive.ts'
import { ownArch } from './runtime.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'drover-packages-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = (name: string): string => {
  const file = join(folder, name)
  writeFileSync(file, `console.log('${name} on', process.version)\n`)
  return file
}

const made = async (arch: 'amd64' | 'arm64', said: string[] = []): Promise<Packages> =>
  makePackages({
    places: { root, cache: join(root, 'node_modules/.cache/drover-package') },
    out: join(folder, arch),
    version: '1.2.3',
    arches: [arch],
    fast: true,
    programs: { agent: program('agent.cjs'), children: program('children.cjs'), coordinator: program('coordinator.mjs'), cli: program('drover.cjs') },
    say: line => said.push(line),
  })

describe('packages for this machine', () => {
  const arch = ownArch()
  const top = `drover-1.2.3-linux-${arch}`
  let packages: Packages
  beforeAll(async () => {
    packages = await made(arch)
    execFileSync('tar', ['-xzf', packages.archives.get(arch) ?? '', '-C', folder])
  }, 180_000)

  test('name each agent archive with its size and hash, and hold it', () => {
    const listed: unknown = JSON.parse(readFileSync(join(folder, top, 'assets/agent-bundles.json'), 'utf8'))
    expect(listed).toEqual(packages.agents)
    for (const { file, size, sha256 } of packages.agents) {
      const bytes = readFileSync(join(folder, top, 'assets', file))
      expect(bytes.byteLength).toBe(size)
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
    }
  })

  test('hold an agent and a coordinator that run on the Node they bring, and nothing else', () => {
    const agent = join(folder, 'agent')
    execFileSync('mkdir', [agent])
    execFileSync('tar', ['-xzf', join(folder, top, 'assets', packages.agents[0]?.file ?? ''), '-C', agent])
    const run = (...argv: readonly [string, ...string[]]): string => execFileSync(argv[0], argv.slice(1), { env: {}, encoding: 'utf8' })
    for (const file of ['agent.cjs', 'children.cjs']) expect(run(join(agent, 'node'), join(agent, file))).toBe(`${file} on ${process.version}\n`)
    expect(run(join(folder, top, 'node'), join(folder, top, 'coordinator.mjs'))).toBe(`coordinator.mjs on ${process.version}\n`)
    expect(execFileSync('ls', [agent], { encoding: 'utf8' }).split('\n').filter(Boolean)).toEqual(['LICENSE.node', 'VERSION', 'agent.cjs', 'children.cjs', 'drover-agent.service', 'install.sh', 'node'])
  })
})

// An emulated processor runs the real arm64 binary; that says nothing about real hardware.
describe.skipIf(runnerFor('arm64') === undefined)('packages for arm64', () => {
  test('hold an ELF file for AArch64 that starts under emulation', async () => {
    const said: string[] = []
    const { agents } = await made('arm64', said)
    expect(agents.map(({ arch, compression }) => `${arch} ${compression}`)).toEqual(['arm64 gz'])
    expect(said.join('\n')).toContain(`${process.version} arm64 started`)
  }, 180_000)
})
