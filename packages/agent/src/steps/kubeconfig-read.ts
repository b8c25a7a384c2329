import { answerContextOf, DroverError } from '@drover/protocol'
import { fromText, sealSecret, toText } from '@drover/protocol/node'
import { type AdminKubeconfig, parseKubeconfig, renderKubeconfig } from '../core/k3s/kubeconfig.ts'
import type { HostReader } from '../host/host.ts'
import { AT, readText } from '../host/k3s-marks.ts'
import type { StepContext, StepModule } from './step.ts'

type Context = StepContext<'kubeconfig.read'>

const readAdmin = async (host: HostReader): Promise<AdminKubeconfig> => {
  const stat = await host.stat(AT.kubeconfig)
  if (stat?.kind !== 'file') throw new DroverError('kubeconfig.unsafe', `${AT.kubeconfig} is ${stat === null ? 'not there' : 'no regular file'}`)
  const admin = parseKubeconfig((await readText(host, AT.kubeconfig)) ?? '')
  if (admin === null) throw new DroverError('kubeconfig.unsafe', `${AT.kubeconfig} is not as k3s writes it`)
  return admin
}

const recipient = ({ order }: Context): Uint8Array => {
  const key = order.answerTo === null ? null : fromText(order.answerTo)
  if (key?.length !== 32) throw new DroverError('step.secret', 'the order names no key to seal the answer to')
  return key
}

/** Reads the admin kubeconfig, puts the address for people into it and seals it to the key that the order names. */
export const kubeconfigRead: StepModule<'kubeconfig.read'> = {
  kind: 'kubeconfig.read',
  check: async (host, context) => {
    await readAdmin(host)
    recipient(context)
    return { is: 'needed', said: 'somebody asked for it' }
  },
  note: () => Promise.resolve(null),
  apply: () => Promise.resolve(null),
  verify: async (host, context) => {
    const text = renderKubeconfig(await readAdmin(host), context.params.server, context.params.context)
    const answer = answerContextOf(context.order.cluster, context.params.request)
    return { sealed: toText(await sealSecret(new TextEncoder().encode(text), answer, recipient(context))) }
  },
  undo: 'nothing-to-undo',
}
