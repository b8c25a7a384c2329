import { readClaim as readClaimFile } from '../../host/k3s-marks.ts'
import type { FactReader } from './reader.ts'

/** A damaged claim counts as none. */
export const readClaim: FactReader<'claim'> = async (host) => {
  const claim = await readClaimFile(host)
  return claim === 'damaged' ? null : claim
}
