// npm run package: everything that is shipped, for both architectures, into dist/. `-- --fast`: this architecture only, packed
// quickly, for tests and the demo.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle } from './bundle/bundle.ts'
import { agentArchive } from './package/agent-archive.ts'
import { proveArchive } from './package/prove-archive.ts'
import { layRelease, packRelease } from './package/release-folder.ts'
import { ownArch, runtimeFor, type Arch } from './package/runtime.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, 'node_modules/.cache/drover-package')
const dist = join(root, 'dist')
const LIMITS = { xz: 30_000_000, gz: 42_000_000 }

const { values } = parseArgs({ options: { fast: { type: 'boolean', default: false } } })
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const arches: readonly Arch[] = values.fast ? [ownArch()] : ['amd64', 'arm64']
const say = (line: string): void => console.log(line)
const megabytes = (size: number): string => `${(size / 1e6).toFixed(1)} MB`

mkdirSync(dist, { recursive: true })
const programs = { agent: join(dist, 'agent.cjs'), coordinator: join(dist, 'coordinator.mjs'), cli: join(dist, 'drover.cjs') }
await Promise.all([
  bundle({ program: 'agent', outFile: programs.agent, version }),
  bundle({ program: 'coordinator', outFile: programs.coordinator, version }),
  bundle({ program: 'cli', outFile: programs.cli, version }),
])

const agents = []
for (const arch of arches) {
  const runtime = runtimeFor(arch, { root, cache })
  const parts = { arch, version, runtime, program: programs.agent, unit: join(root, 'deploy/systemd/drover-agent.service'), cache }
  for (const how of values.fast ? (['fast'] as const) : (['xz', 'gz'] as const)) {
    const made = await agentArchive(parts, how)
    writeFileSync(join(dist, made.bundle.file), made.bytes)
    agents.push(made)
    const limit = LIMITS[made.bundle.compression]
    const over = !values.fast && made.bundle.size > limit
    say(`${over ? 'OVER' : '  ok'}  ${made.bundle.file}  ${megabytes(made.bundle.size)}${values.fast ? '' : ` (limit ${megabytes(limit)})`}`)
    if (over) process.exitCode = 1
  }
  for (const line of proveArchive(join(dist, agents.at(-1)?.bundle.file ?? ''), arch)) say(`      ${line}`)
}
writeFileSync(join(dist, 'agent-bundles.json'), `${JSON.stringify(agents.map(each => each.bundle), null, 2)}\n`)

for (const arch of arches) {
  const folder = join(dist, `release-linux-${arch}`)
  layRelease(folder, { root, arch, version, runtime: runtimeFor(arch, { root, cache }), coordinator: programs.coordinator, cli: programs.cli, agents })
  const top = `drover-${version}-linux-${arch}`
  const bytes = await packRelease(folder, { top, level: values.fast ? 1 : 9, cache })
  writeFileSync(join(dist, `${top}.tar.gz`), bytes)
  say(`  ok  ${top}.tar.gz  ${megabytes(bytes.byteLength)}`)
}
if (!values.fast && !existsSync('/usr/bin/qemu-aarch64-static')) say('note: qemu-user-static is not installed, so the other architecture was not started')
