import { type Certificate, makeCertificate } from '../../../packages/coordinator/src/hub/index.ts'

/** A certificate of a coordinator on loopback. */
export const makeTestCertificate = (): Promise<Certificate> => makeCertificate({ names: ['127.0.0.1'] })
