import { type HostId, type Order, type SignedOrderText, sealContextOf, STEPS, type StepKind, type TypedOrder } from '@drover/protocol'
import { generateSealPair, generateSigningPair, jsonBytes, type RawKeyPair, sealSecret, signingKey, type SigningKey, signOrder, toText, utf8, verifyKey, type VerifyKey } from '@drover/protocol/node'

/** A coordinator and a host as far as orders need them. */
export type OrderKeys = { readonly coordinator: SigningKey; readonly verify: VerifyKey; readonly seal: RawKeyPair }

/** Fresh keys. */
export const newOrderKeys = (): OrderKeys => {
  const coordinator = signingKey(generateSigningPair().secret)
  const verify = verifyKey(coordinator.publicKey)
  if (verify === null) throw new Error('a fresh key is a good key')
  return { coordinator, verify, seal: generateSealPair() }
}

/** Seals an order's secrets to the host and signs it, as the coordinator does. */
export const sealAndSign = async (keys: OrderKeys, order: TypedOrder | Order, secrets: Readonly<Record<string, string>>): Promise<SignedOrderText> => {
  const definition = STEPS[order.kind as StepKind] as { readonly secrets: (params: unknown) => readonly string[] } | undefined
  const sealed: Record<string, string> = {}
  for (const name of definition?.secrets(order.params) ?? []) {
    sealed[name] = toText(await sealSecret(utf8(secrets[name] ?? ''), sealContextOf(order, name), keys.seal.publicKey))
  }
  return signOrder(jsonBytes({ ...order, sealed }), keys.coordinator)
}

/** Another host's id. */
export const STRANGER = 'h-bbbbbbbbbbbbbbbb' as HostId
