import { makeCertificate } from '../../../packages/coordinator/src/hub/certificate.ts'

/** A fresh key, its self-signed certificate for 127.0.0.1 (both PEM), and the SHA-256 of its public key info in base64. */
export const certificatePair = async (): Promise<{ key: string; cert: string; pin: string }> => {
  const { keyPem, certificatePem, pin } = await makeCertificate({ names: ['127.0.0.1'] })
  return { key: keyPem, cert: certificatePem, pin: pin.replace(/^sha256\/\//, '') }
}
