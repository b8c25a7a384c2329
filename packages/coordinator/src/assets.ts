import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { Sha256Schema } from '@drover/protocol'

const BundleSchema = z.object({
  arch: z.enum(['amd64', 'arm64']),
  compression: z.enum(['xz', 'gz']),
  file: z.string().regex(/^[A-Za-z0-9._+-]+$/),
  size: z.int(),
  sha256: Sha256Schema,
})

/** One agent bundle that hosts download: where it is and what it must hash to. */
export type AgentBundle = z.infer<typeof BundleSchema> & { readonly path: string }
/** What ships beside the coordinator: the installer's text and the agent bundles. */
export type Assets = { readonly installer: string; readonly bundles: readonly AgentBundle[] }

/** Reads the assets folder of a release; without one the coordinator runs, and /install.sh says what is missing. */
export const readAssets = (folder: string): Assets => {
  const manifest = join(folder, 'agent-bundles.json')
  const script = join(folder, 'install.sh')
  if (!existsSync(manifest) || !existsSync(script)) return { installer: '', bundles: [] }
  const listed = z.array(BundleSchema).parse(JSON.parse(readFileSync(manifest, 'utf8')))
  return {
    installer: readFileSync(script, 'utf8'),
    bundles: listed.map((bundle) => ({ ...bundle, path: join(folder, bundle.file) })),
  }
}

/** The installer as served: with the pin and the hashes of the bundles that belong to this coordinator. */
export const installerFor = (assets: Assets, pin: string, version: string): string => {
  const lines = assets.bundles.map((bundle) => `${bundle.arch} ${bundle.compression} ${bundle.sha256} ${String(bundle.size)}`)
  return assets.installer
    .replace(/^BUNDLES=.*# @BUNDLES@$/m, () => `BUNDLES='${lines.join('\n')}'`)
    .replace(/^PIN=.*# @PIN@$/m, () => `PIN='${pin}'`)
    .replace(/^VERSION=.*# @VERSION@$/m, () => `VERSION='${version}'`)
}
