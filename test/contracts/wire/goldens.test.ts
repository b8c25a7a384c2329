import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  createFrameChannel,
  openEnrolment,
  openSealed,
  parseKeyText,
  parseToken,
  readAnswer,
  readChallenge,
  splitHello,
  transcriptHash,
  type VerifyKey,
} from '@drover/protocol/node'
import { GOLDEN, makeGoldens } from '../../kit/wire/goldens.ts'
import { publicHalf } from '../../kit/wire/identity.ts'

const folder = new URL('../../fixtures/wire/v1/', import.meta.url)
const made = makeGoldens()
// With DROVER_UPDATE_GOLDENS=1 the files are written anew; a change of version 1 is a change of what is deployed.
if (process.env['DROVER_UPDATE_GOLDENS'] === '1') {
  for (const [name, golden] of Object.entries(made)) writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(golden, null, 2)}\n`)
}
const stored = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Record<string, string>
const bytes = (name: string, field: string): Uint8Array => new Uint8Array(Buffer.from(stored(name)[field] ?? '', 'hex'))
const coordinator: VerifyKey = publicHalf(GOLDEN.coordinator)

describe('version 1 on the wire', () => {
  it.each(Object.keys(made))('%s is written as it always was', (name) => {
    expect(made[name]).toEqual(stored(name))
  })

  it('the stored handshake is read and holds together', () => {
    expect(readChallenge(bytes('handshake', 'challenge'))).toMatchObject({ ok: true, value: { versions: [1], serverTime: GOLDEN.at } })
    expect(splitHello(bytes('handshake', 'helloEnrol'))).toMatchObject({ ok: true, hello: { mode: 'enrol', tokenId: 'abcdefgh23' } })
    const resume = splitHello(bytes('handshake', 'helloResume'))
    const unsigned = resume.ok ? resume.hello.unsigned : new Uint8Array()
    const transcript = transcriptHash(bytes('handshake', 'challenge'), unsigned)
    expect(transcript).toEqual(bytes('handshake', 'transcript'))
    expect(readAnswer(bytes('handshake', 'accept'), transcript, coordinator)).toMatchObject({ kind: 'accept', accept: { epoch: 3 } })
    expect(readAnswer(bytes('handshake', 'refuse'), transcript, coordinator)).toMatchObject({ kind: 'refuse', refuse: { code: 'revoked' } })
  })

  it('the stored frames are read in order, each direction by the other end', () => {
    const sessionId = bytes('handshake', 'sessionId')
    const hub = createFrameChannel({ sends: 'c2a', sessionId, key: GOLDEN.coordinator, peer: publicHalf(GOLDEN.node) })
    const host = createFrameChannel({ sends: 'a2c', sessionId, key: GOLDEN.node, peer: coordinator })
    const kinds = ['agentData', 'agentAck', 'agentBye'].map((field) => hub.open(bytes('frames', field)))
    expect(kinds).toMatchObject([{ frame: { kind: 'data' } }, { frame: { kind: 'ack' } }, { frame: { kind: 'bye' } }])
    expect(['hubData', 'hubAck'].map((field) => host.open(bytes('frames', field)).ok)).toEqual([true, true])
  })

  it('the stored records and texts are read', () => {
    const { enrolmentRecord: record = '', enrolmentSignature: signature = '' } = stored('records')
    expect(openEnrolment({ record, signature }, coordinator)).toMatchObject({ serial: 1, at: GOLDEN.at })
    expect(parseKeyText(stored('texts')['coordinatorKey'] ?? '')).toEqual(GOLDEN.coordinator.publicKey)
    expect(parseToken('join', stored('texts')['joinToken'] ?? '')).toEqual({ ok: true, token: GOLDEN.token })
  })

  it('a secret that was sealed once still opens', async () => {
    const ctx = { purpose: 'agent-token', clusterId: 'prod', nodeId: 'h-a', orderId: 'ord-a', notAfter: GOLDEN.at, sealSerial: 1 }
    const secretKey = new Uint8Array(Buffer.from(stored('sealed')['secretKey'] ?? '', 'hex'))
    const opened = await openSealed(bytes('sealed', 'blob'), ctx, secretKey)
    expect(opened.ok && Buffer.from(opened.secret).toString()).toBe('golden secret')
  })
})
