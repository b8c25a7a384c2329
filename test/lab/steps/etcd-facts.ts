import { type EtcdFact, type EtcdMember, HOST_FACTS } from '@drover/protocol'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { LAB_NODE } from '../../kit/k3s-double/build.ts'
import type { Host } from '../host.ts'

const PROGRAM = '/opt/drover/print-etcd.mjs'

/** Bundles what prints the fact into one file and gives its bytes. */
export const bundlePrintEtcd = async (): Promise<Uint8Array> => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-print-etcd-'))
  try {
    const outfile = join(folder, 'print-etcd.mjs')
    const entry = fileURLToPath(new URL('print-etcd.ts', import.meta.url))
    const banner = { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" }
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', banner })
    return readFileSync(outfile)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Puts the bundled program on a host. */
export const putPrintEtcd = (host: Host, program: Uint8Array): Promise<void> => host.writeFile(PROGRAM, program)

/** The fact `etcd` of a host, as its agent's reader tells it and as rules see it. */
export const readEtcdOn = async (host: Host): Promise<{ readonly told: EtcdFact | null; readonly seen: EtcdMember }> => {
  const told = HOST_FACTS.etcd.schema.parse(JSON.parse(await host.must(`${LAB_NODE} ${PROGRAM}`)))
  return { told, seen: HOST_FACTS.etcd.view(told) }
}
