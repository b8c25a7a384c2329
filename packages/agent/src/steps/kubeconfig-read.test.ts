import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { answerContextOf, RequestIdSchema, type TypedOrder } from '@drover/protocol'
import { fromText, generateSealPair, openSealed, toText } from '@drover/protocol/node'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'

const fresh = createModels()
const pair = generateSealPair()
const order = (answerTo: string | null = toText(pair.publicKey)): TypedOrder => ({ ...orderOf('kubeconfig.read'), answerTo }) as TypedOrder
const FILE = '/etc/rancher/k3s/k3s.yaml'

describe('kubeconfig.read', () => {
  it('seals the rewritten kubeconfig to whoever asked, for this request alone', async () => {
    const root = await fresh('kubeconfig.read')
    const end = await carryOut({ root, order: order() })
    const sealed = fromText(end.type === 'DONE' ? (end.result as { sealed: string }).sealed : '') ?? new Uint8Array()
    const { request } = PARAMS['kubeconfig.read']
    const opened = await openSealed(sealed, answerContextOf(order().cluster, request), pair.secret)
    expect(opened.ok && new TextDecoder().decode(opened.secret)).toContain('    server: https://10.0.0.11:6443\n')
    const other = answerContextOf(order().cluster, RequestIdSchema.parse('req-bbbbbbbbbbbbbbbb'))
    expect(await openSealed(sealed, other, pair.secret)).toEqual({ ok: false, reason: 'context' })
    expect(readFileSync(`${root}${FILE}`, 'utf8')).toContain('https://127.0.0.1:6443')
  })

  it.each([
    ['is missing', (path: string) => rmSync(path)],
    ['is a link', (path: string) => { rmSync(path); symlinkSync('/etc/shadow', path) }],
    ['has a credential plug-in', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('    client-key-data', '    exec: {command: sh}\n    client-key-data'))],
  ])('refuses where the file %s', async (_name, change) => {
    const root = await fresh('kubeconfig.read')
    change(`${root}${FILE}`)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'kubeconfig.unsafe', undone: 'nothing-to-undo' })
  })

  it('refuses an order without a key to seal to', async () => {
    const root = await fresh('kubeconfig.read')
    expect(await carryOut({ root, order: order(null) })).toMatchObject({ type: 'FAILED', code: 'step.secret' })
  })
})
