// Says on which k3s the tests and the contract suite run, before they do.
import { spawnSync } from 'node:child_process'

const binary = process.env['K3S_BIN'] ?? ''
if (binary === '') {
  console.log('k3s: the stand-in, test/kit/k3s-double (name a real one by K3S_BIN)')
} else {
  const { status, stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  if (status !== 0) {
    console.error(`k3s: K3S_BIN=${binary} does not answer to --version`)
    process.exit(1)
  }
  console.log(`k3s: the real one, ${binary}: ${stdout.split('\n')[0] ?? ''}`)
}
