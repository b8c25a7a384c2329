import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { archive } from '../../../scripts/package/archive.ts'
import { ownArch } from '../../../scripts/package/runtime.ts'
import { installerFor } from '../../../packages/coordinator/src/assets.ts'
import type { Lab } from '../lab.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string): Buffer => readFileSync(join(root, path))

/** An agent to offer: its version, its program, what stands for Node (a whole binary or a script), and how it is packed. */
export interface Offer {
  readonly version: string
  readonly program: string
  readonly node: Uint8Array
  readonly compressions: readonly ('xz' | 'gz')[]
}

/** A place that serves install.sh and the agents as a coordinator does. */
export interface DownloadSite {
  readonly url: string
  readonly pin: string
  /** Replaces what is on offer. */
  offer(offer: Offer): Promise<void>
  /** Spoils every archive on offer, in place. */
  spoil(): void
}

/** Serves at the admin's place of a lab until the lab closes. */
export const openDownloadSite = async (lab: Lab, folder: string): Promise<DownloadSite> => {
  mkdirSync(join(folder, 'www/artifacts/sha256'), { recursive: true })
  const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=drover', '-days', '2', ...files], { stdio: 'ignore' })
  const key = new X509Certificate(readFileSync(join(folder, 'tls.crt'))).publicKey.export({ type: 'spki', format: 'der' })
  const pin = `sha256//${createHash('sha256').update(key).digest('base64')}`
  const server = lab.spawnAdmin([process.execPath, join(import.meta.dirname, 'serve.ts'), folder, '8443'], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (server.stdout === null) throw new Error('the download server has no output')
  await once(server.stdout, 'data')
  let names: string[] = []
  return {
    url: `https://${lab.admin.address}:8443`,
    pin,
    offer: async offer => {
      const bundles = []
      names = []
      for (const compression of offer.compressions) {
        const bytes = await pack(offer, compression, join(folder, 'cache'))
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        const path = join(folder, 'www/artifacts/sha256', sha256)
        writeFileSync(path, bytes)
        names.push(path)
        bundles.push({ arch: ownArch(), compression, file: sha256, size: bytes.byteLength, sha256, path })
      }
      writeFileSync(join(folder, 'www/install.sh'), installerFor({ installer: read('deploy/install.sh').toString(), bundles }, pin, offer.version))
    },
    spoil: () => {
      for (const path of names) {
        const bytes = readFileSync(path)
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
        writeFileSync(path, bytes)
      }
    },
  }
}

const pack = async ({ version, program, node }: Offer, compression: 'xz' | 'gz', cache: string): Promise<Uint8Array> => {
  const packing = compression === 'xz' ? ('xz' as const) : ('gzip-1' as const)
  const entry = (path: string, content: Uint8Array, mode = 0o644) => ({ path, mode, content, packing })
  const unit = read('deploy/systemd/drover-agent.service')
  return archive(
    [
      entry('node', node, 0o755),
      entry('agent.cjs', Buffer.from(program)),
      entry('children.cjs', Buffer.from('')),
      entry('drover-agent.service', unit),
      entry('install.sh', read('deploy/install.sh')),
      entry('VERSION', Buffer.from(`${version}\n`)),
    ],
    cache,
  )
}
