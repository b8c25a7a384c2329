import type { TypedOrder } from '@drover/protocol'
import { sealContextOf } from '@drover/protocol'
import { sealSecret, toText, utf8 } from '@drover/protocol/node'
import { newOrderKeys } from '@drover/test/kit/orders/sign-order.ts'
import { orderOf } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'
import { openSecrets } from './open-secrets.ts'

const keys = newOrderKeys()
const order = orderOf('k3s.config')
const seal = async (text: string, context = sealContextOf(order, 'server-token')): Promise<string> => toText(await sealSecret(utf8(text), context, keys.seal.publicKey))
const withTokens = (server: string, agent: string): TypedOrder => ({ ...order, sealed: { 'server-token': server, 'agent-token': agent } }) as TypedOrder
const open = (sealed: TypedOrder, secret = keys.seal.secret): Promise<unknown> => openSecrets(sealed, async () => secret)

describe('openSecrets', () => {
  it('opens what the step names', async () => {
    const agent = await seal('agent-word', sealContextOf(order, 'agent-token'))
    expect(await open(withTokens(await seal('server-word'), agent))).toEqual({ 'server-token': 'server-word', 'agent-token': 'agent-word' })
    expect(await open(orderOf('k3s.start'))).toEqual({})
  })

  it('refuses a secret that is missing, of another order, of another name, for another host, or no plain text', async () => {
    const other = { ...sealContextOf(order, 'server-token'), orderId: 'ord-bbbbbbbbbbbbbbbb' }
    const cases = ['', 'AAAA', await seal('x', other), await seal('x', sealContextOf(order, 'agent-token')), await seal('two\nlines'), await seal('')]
    for (const sealed of cases) await expect(open(withTokens(sealed, ''))).rejects.toMatchObject({ code: 'step.secret' })
    await expect(open(withTokens(await seal('x'), ''), newOrderKeys().seal.secret)).rejects.toMatchObject({ code: 'step.secret' })
  })
})
