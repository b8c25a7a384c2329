export { makeCertificate, pinOf, type Certificate, type CertificateRequest } from './certificate.ts'
export { createHub, type Hub } from './hub.ts'
export { HTTP_SERVER_LIMITS, HUB_POLICY, MAX_HEADERS, type HubPolicy } from './policy.ts'
export type {
  Duplicate,
  HubEvents,
  Arrival,
  HubHandler,
  HubHandlers,
  HubMessages,
  HubOptions,
  HubSession,
  TurnedAway,
} from './types.ts'
