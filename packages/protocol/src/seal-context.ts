import type { ClusterName, RequestId } from './ids.ts'
import type { Order } from './order.ts'
import type { SealContext } from './wire/signed-bytes.ts'

/** What a secret of an order is sealed with: both sides build it from the order, so it fits no other order and no other secret. */
export const sealContextOf = (
  order: Pick<Order, 'id' | 'cluster' | 'audience' | 'notAfter'>,
  secretName: string,
): SealContext => ({
  purpose: secretName,
  clusterId: order.cluster,
  nodeId: order.audience,
  orderId: order.id,
  notAfter: order.notAfter,
  sealSerial: 0,
})

/** What an answer to a person (a kubeconfig) is sealed with: only what the person's CLI knows, cluster and request. */
export const answerContextOf = (cluster: ClusterName, request: RequestId): SealContext => ({
  purpose: 'answer',
  clusterId: cluster,
  nodeId: '',
  orderId: request,
  notAfter: 0,
  sealSerial: 0,
})
