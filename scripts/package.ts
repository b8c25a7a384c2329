// npm run package: everything that is shipped, for both architectures, into dist/. `-- --fast`: this architecture only, packed
// quickly, for tests and the demo.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleAll } from './bundle/bundle.ts'
import { makePackages } from './package/make-packages.ts'
import { ownArch } from './package/runtime.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, 'dist')
const { fast } = parseArgs({ options: { fast: { type: 'boolean', default: false } } }).values
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

const { over } = await makePackages({
  places: { root, cache: join(root, 'node_modules/.cache/drover-package') },
  out,
  version,
  arches: fast ? [ownArch()] : ['amd64', 'arm64'],
  fast,
  programs: await bundleAll(out, version),
  say: line => console.log(line),
})
if (over.length > 0) {
  console.error(`too large: ${over.join(', ')}`)
  process.exitCode = 1
}
