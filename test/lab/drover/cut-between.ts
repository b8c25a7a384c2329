import { outputOf } from '../command.ts'
import type { DroverLab } from './drover-lab.ts'

/** Which way nothing passes: to the host, from it, or both. */
export type Way = 'in' | 'out' | 'both'

const TABLE = 'cut'

const nft = async (lab: DroverLab['lab'], script: string): Promise<string> => outputOf(['nft'], await lab.router.exec(['nft', '-f', '-'], { stdin: script }))

/** Drops all IPv4 between one address and others on the lab's bridge, one way or both; what is called afterwards puts the cable back. */
export const cutBetween = async ({ lab }: Pick<DroverLab, 'lab'>, { one, others, way }: { readonly one: string; readonly others: readonly string[]; readonly way: Way }): Promise<() => Promise<void>> => {
  const set = `{ ${others.join(', ')} }`
  const into = way === 'out' ? [] : [`ip saddr ${set} ip daddr ${one} drop`]
  const from = way === 'in' ? [] : [`ip saddr ${one} ip daddr ${set} drop`]
  await nft(lab, [`table bridge ${TABLE} {`, 'chain forward {', 'type filter hook forward priority 0;', ...into, ...from, '}', '}', ''].join('\n'))
  return async () => void (await nft(lab, `delete table bridge ${TABLE}\n`))
}
