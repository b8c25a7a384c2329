import { existsSync } from 'node:fs'
import { buildDouble } from '../../kit/k3s-double/build.ts'
import type { Subject } from './site.ts'

/** The stand-in always, and the k3s that `K3S_BIN` names; the stand-in is built into the folder. */
export async function subjects(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Subject[]> {
  const built = await buildDouble(`${folder}/k3s`, { version: 'v1.36.2+k3s1' })
  const standIn: Subject = { kind: 'stand-in', binary: built.path, images: undefined }
  const real = env['K3S_BIN'] ?? ''
  if (real === '') return [standIn]
  if (!existsSync(real)) throw new Error(`K3S_BIN names ${real}, which is not there`)
  return [standIn, { kind: 'k3s', binary: real, images: env['K3S_IMAGES'] === '' ? undefined : env['K3S_IMAGES'] }]
}
