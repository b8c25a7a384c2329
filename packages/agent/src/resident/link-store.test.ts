import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningPair, hostIdOf, makeToken, signEnrolment, signingKey, toText, tokenText, verifyKey } from '@drover/protocol/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Accepted } from '../link/index.ts'
import { openLinkStore, type ResidentStore } from './link-store.ts'

const coordinatorKey = signingKey(generateSigningPair().secret)
const node = generateSigningPair().publicKey
const acceptedBy = (key = coordinatorKey, more: Partial<Accepted> = {}): Accepted => {
  const nodeId = hostIdOf(node)
  return {
    nodeId,
    state: 'active',
    enrolment: signEnrolment({ nodeId, nodePub: toText(node), serial: 1, at: 5 }, key),
    endpoints: ['https://10.0.0.1:8443'],
    epoch: 3,
    ...more,
  }
}

describe('openLinkStore', () => {
  let folder: string
  const open = (): ResidentStore => {
    const coordinator = verifyKey(coordinatorKey.publicKey)
    if (coordinator === null) throw new Error('weak key')
    return openLinkStore({ record: join(folder, 'enrolment.json'), token: join(folder, 'join-token'), coordinator })
  }
  const putToken = (text: string, mode = 0o600): void => writeFileSync(join(folder, 'join-token'), text, { mode })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-store-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('has no way in without a token', async () => {
    expect([await open().entry(), await open().endpoints(), open().epoch()]).toEqual([null, [], 0])
  })

  it('enrols by the token and resumes by the record ever after, for whose coordinator the token is gone', async () => {
    const token = makeToken('join')
    putToken(`${tokenText(token)}\n`)
    const store = open()
    expect(await store.entry()).toEqual({ mode: 'enrol', token })
    const accepted = acceptedBy()
    await store.accepted(accepted)
    expect(existsSync(join(folder, 'join-token'))).toBe(false)
    for (const held of [store, open()]) {
      expect(await held.entry()).toEqual({ mode: 'resume', enrolment: accepted.enrolment })
      expect([await held.endpoints(), held.epoch(), held.isEnrolled()]).toEqual([accepted.endpoints, 3, true])
    }
    expect(statSync(join(folder, 'enrolment.json')).mode & 0o777).toBe(0o600)
  })

  it('keeps the last good endpoints and the highest epoch, and writes nothing that is the same', async () => {
    const store = open()
    await store.accepted(acceptedBy())
    const { ino } = statSync(join(folder, 'enrolment.json'))
    await store.accepted(acceptedBy())
    expect(statSync(join(folder, 'enrolment.json')).ino).toBe(ino)
    await store.accepted(acceptedBy(coordinatorKey, { endpoints: [], epoch: 2 }))
    expect([await open().endpoints(), open().epoch()]).toEqual([['https://10.0.0.1:8443'], 3])
  })

  it('believes no record of another coordinator, unless a token says that this host is to enrol anew', async () => {
    const store = open()
    await store.accepted(acceptedBy(signingKey(generateSigningPair().secret)))
    expect(open).toThrow(/signed by another coordinator/)
    const token = makeToken('join')
    putToken(tokenText(token))
    expect(await open().entry()).toEqual({ mode: 'enrol', token })
  })

  it.each([
    ['K10abc::server:secret', /is no join token \(k3s-token\)/],
    [tokenText(makeToken('api')), /is no join token \(other-kind\)/],
    ['\n', /is no join token \(empty\)/],
    ['drvj1_x', /is no join token \(not-a-token\)/],
  ])('refuses the token %j without repeating it', (text, reason) => {
    putToken(text)
    expect(open).toThrow(reason)
    expect(open).not.toThrow(text.trim() === '' ? 'never' : text)
  })

  it('refuses a token that others can read, and a damaged record', () => {
    putToken(tokenText(makeToken('join')), 0o644)
    expect(open).toThrow(/join-token: has mode 0644/)
    writeFileSync(join(folder, 'enrolment.json'), '{"nodeId":"h-a"', { mode: 0o600 })
    expect(open).toThrow(/enrolment\.json: line 1/)
  })
})
