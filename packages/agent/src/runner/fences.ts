import { DroverError, type Order } from '@drover/protocol'
import * as z from 'zod'
import type { HostReader, HostWriter } from '../host/host.ts'
import { absolutePath } from '../host/path.ts'

const FILE = absolutePath('/var/lib/drover/fences.json')
const FencesSchema = z.strictObject({ epoch: z.int().min(0), fences: z.record(z.string().max(128), z.int().min(1)) })

/** The highest epoch that this host has seen in a valid order, and the highest fence of each resource within that epoch. */
export type Fences = z.infer<typeof FencesSchema>

/** Reads the fences; none seen yet is epoch 0. Throws step.journal where the file is damaged: guessing would let old orders in. */
export const readFences = async (host: HostReader): Promise<Fences> => {
  const bytes = await host.readFile(FILE)
  if (bytes === null) return { epoch: 0, fences: {} }
  try {
    return FencesSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (cause) {
    throw new DroverError('step.journal', `${FILE} is damaged`, { cause })
  }
}

/** Which of an order's two counters is lower than one seen before; fences of an earlier epoch no longer count. */
export const fenceFault = (fences: Fences, order: Pick<Order, 'epoch' | 'fence'>): 'order.epoch' | 'order.fence' | null => {
  if (order.epoch !== fences.epoch) return order.epoch < fences.epoch ? 'order.epoch' : null
  return order.fence.value < (fences.fences[order.fence.resource] ?? 0) ? 'order.fence' : null
}

/** Remembers an order's counters where they are higher; a higher epoch begins its fences anew. Durable when it resolves. */
export const raiseFences = async (host: HostWriter, order: Pick<Order, 'epoch' | 'fence'>): Promise<void> => {
  const seen = await readFences(host)
  const { resource, value } = order.fence
  const isNewEpoch = order.epoch > seen.epoch
  if (order.epoch < seen.epoch || (!isNewEpoch && value <= (seen.fences[resource] ?? 0))) return
  const next: Fences = { epoch: order.epoch, fences: { ...(isNewEpoch ? {} : seen.fences), [resource]: value } }
  await host.writeFile(FILE, new TextEncoder().encode(`${JSON.stringify(next)}\n`), 0o600)
}
