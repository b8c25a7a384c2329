import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { makeCertificate, pinOf } from './certificate.ts'

const now = Date.UTC(2027, 0, 15)

it('names every host name and address, for ten years from the day before', async () => {
  const made = await makeCertificate({ names: ['10.0.0.5', 'fd00::5', 'drover.example', 'localhost'], now })
  const read = new X509Certificate(made.certificatePem)
  expect(read.checkIP('10.0.0.5')).toBe('10.0.0.5')
  expect(read.checkIP('fd00::5')).toBeDefined()
  expect(read.checkHost('drover.example')).toBe('drover.example')
  expect(read.checkHost('other.example')).toBeUndefined()
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.ca).toBe(false)
  expect(read.checkPrivateKey(createPrivateKey(made.keyPem))).toBe(true)
  expect(read.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
  expect(read.validFromDate.getTime()).toBeLessThan(now)
  expect(read.validToDate.getTime() - now).toBeGreaterThan(3_640 * 86_400_000)
})

it('renewed with the same key has the same pin, and with a new key another', async () => {
  const first = await makeCertificate({ names: ['10.0.0.5'], now })
  const renewed = await makeCertificate({ names: ['10.0.0.5', '10.0.0.6'], keyPem: first.keyPem, now: now + 1 })
  expect(renewed.pin).toBe(first.pin)
  expect(renewed.certificatePem).not.toBe(first.certificatePem)
  expect(new X509Certificate(renewed.certificatePem).serialNumber).not.toBe(new X509Certificate(first.certificatePem).serialNumber)
  expect((await makeCertificate({ names: ['10.0.0.5'], now })).pin).not.toBe(first.pin)
  expect(pinOf(first.certificatePem)).toMatch(/^sha256\/\/[A-Za-z0-9+/]{43}=$/)
})
