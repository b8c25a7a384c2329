// Bundles all programs into dist/.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleAll } from './bundle/bundle.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
for (const file of Object.values(await bundleAll(join(root, 'dist'), version))) console.log(file)
