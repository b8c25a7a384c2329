import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleAll } from '../../../scripts/bundle/bundle.ts'
import { makePackages } from '../../../scripts/package/make-packages.ts'
import { ownArch } from '../../../scripts/package/runtime.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Builds agent, coordinator and CLI for this machine into a folder of the caller's, so that nobody builds it anew under
 * a running lab, and gives the path of the release folder in it.
 */
export const release = async (out: string, say?: (line: string) => void): Promise<string> => {
  say?.('building coordinator, CLI and agent from the sources')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const programs = await bundleAll(out, version)
  const places = { root, cache: join(root, 'node_modules/.cache/drover-package') }
  await makePackages({ places, out, version, arches: [ownArch()], fast: true, programs, say: () => undefined })
  return join(out, `release-linux-${ownArch()}`)
}
