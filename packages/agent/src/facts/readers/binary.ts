import { AT, readInstalled } from '../../host/k3s-marks.ts'
import type { FactReader } from './reader.ts'

/** The mark counts only while the binary is the very file that was installed; it is never hashed here. */
export const readBinary: FactReader<'binary'> = async (host) => {
  const [mark, file] = await Promise.all([readInstalled(host), host.stat(AT.binary)])
  const isSame = mark !== null && file?.kind === 'file' && file.bytes === mark.bytes && file.modifiedMs === mark.modifiedMs
  return isSame ? { version: mark.version, sha256: mark.sha256 } : null
}
