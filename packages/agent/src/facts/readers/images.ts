import { readInstalled } from '../../host/k3s-marks.ts'
import type { FactReader } from './reader.ts'

/** The archives of the mark that binary.install leaves. */
export const readImages: FactReader<'images'> = async (host) => (await readInstalled(host))?.images ?? {}
