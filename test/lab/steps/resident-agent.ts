import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../../scripts/bundle/bundle.ts'
import { ownArch, runtimeFor } from '../../../scripts/package/runtime.ts'
import type { OrderHost } from './order-site.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The resident agent as it is installed, with a coordinator that is not there: it looks after the host alone. The folder is for what is built. */
export const startAgent = async (on: OrderHost, folder: string): Promise<void> => {
  const { node } = runtimeFor(ownArch(), { root, cache: join(root, 'node_modules/.cache/drover-package') })
  await on.host.writeFile('/opt/drover/current/node', readFileSync(node), 0o755)
  for (const program of ['agent', 'children'] as const) {
    const outFile = join(folder, `${program}.cjs`)
    await bundle({ program, outFile, version: '1.2.3' })
    await on.host.writeFile(`/opt/drover/current/${program}.cjs`, readFileSync(outFile))
  }
  await on.host.writeFile('/etc/systemd/system/drover-agent.service', readFileSync(join(root, 'deploy/systemd/drover-agent.service')))
  await on.host.must('systemctl daemon-reload; systemctl start drover-agent')
}
