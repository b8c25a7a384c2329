import { DroverError, sealContextOf, STEPS, type TypedOrder } from '@drover/protocol'
import { fromText, fromUtf8, openSealed } from '@drover/protocol/node'

/** Opens the sealed secrets that an order's step names; throws step.secret where one is missing or not for this host. */
export const openSecrets = async (order: TypedOrder, sealKey: () => Promise<Uint8Array>): Promise<Readonly<Record<string, string>>> => {
  const definition = STEPS[order.kind] as { readonly secrets: (params: unknown) => readonly string[] }
  const secrets: Record<string, string> = {}
  for (const name of definition.secrets(order.params)) {
    const sealed = fromText(order.sealed[name] ?? '')
    if (sealed === null || sealed.length === 0) throw new DroverError('step.secret', `the order lacks the secret ${name}`)
    const opened = await openSealed(sealed, sealContextOf(order, name), await sealKey())
    if (!opened.ok) throw new DroverError('step.secret', `the secret ${name} cannot be opened: ${opened.reason}`)
    const text = fromUtf8(opened.secret)
    if (text === null || !/^[\x21-\x7e]{1,512}$/.test(text)) throw new DroverError('step.secret', `the secret ${name} is not plain text`)
    secrets[name] = text
  }
  return secrets
}
