import { K3S } from '@drover/protocol'
import { overriddenKeys, type DropIn } from '../../core/k3s/overridden-keys.ts'
import { AT, readText } from '../../host/k3s-marks.ts'
import { absolutePath, below } from '../../host/path.ts'
import type { FactReader } from './reader.ts'

/** Our drop-in and what the drop-ins that sort behind it take over. */
export const readConfig: FactReader<'config'> = async (host) => {
  const text = await readText(host, AT.dropIn)
  if (text === null) return null
  const folder = absolutePath(K3S.dropIns)
  const ours = { name: K3S.dropIn.slice(K3S.dropIns.length + 1), text }
  const names = (await host.list(folder)) ?? []
  const later = names.filter((name) => name > ours.name && /\.ya?ml$/.test(name))
  const others: readonly DropIn[] = await Promise.all(later.map(async (name) => ({ name, text: (await readText(host, below(folder, name))) ?? '' })))
  return { text: text.slice(0, 32_768), overridden: overriddenKeys(ours, others) }
}
