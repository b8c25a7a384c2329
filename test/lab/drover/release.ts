import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Builds the release folder for this machine (agents, coordinator, CLI, installers) and gives its path. */
export const release = async (say?: (line: string) => void): Promise<string> => {
  say?.('building coordinator, CLI and agent from the sources')
  const made = spawnSync(process.execPath, ['scripts/package.ts', '--fast'], { cwd: root, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`the package cannot be built:\n${made.stdout}${made.stderr}`)
  return `${root}dist/release-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`
}
