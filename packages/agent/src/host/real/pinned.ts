import { createHash, type X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import { DroverError } from '@drover/protocol'

/** SHA-256 of a certificate's public key info in base64, as curl's `--pinnedpubkey sha256//…` has it. */
export const spkiPin = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.publicKey.export({ type: 'spki', format: 'der' })).digest('base64')

/** A TLS connection on which nothing has been said yet and whose server's public key is the pinned one. */
export const connectPinned = (url: URL, pin: string): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // The pin says more than a chain to some authority would, so the chain is not looked at.
    const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false, timeout: 20_000 })
    const fail = (reason: string): void => {
      socket.destroy()
      reject(new DroverError('binary.origin', `${url.host}: ${reason}`))
    }
    socket.once('timeout', () => fail('no answer within 20 s'))
    socket.once('error', (error: Error) => fail(error.message))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      if (certificate === undefined || spkiPin(certificate) !== pin) return fail('its key is not the pinned one')
      socket.setTimeout(0)
      resolve(socket)
    })
  })
