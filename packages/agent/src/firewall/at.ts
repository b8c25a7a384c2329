import { FIREWALL } from '@drover/protocol'
import { absolutePath } from '../host/path.ts'

/** The paths of the firewall as paths that a host takes. */
export const FIREWALL_AT = {
  folder: absolutePath(FIREWALL.folder),
  active: absolutePath(FIREWALL.active),
  unitFile: absolutePath(FIREWALL.unitFile),
  state: absolutePath(FIREWALL.state),
  revert: absolutePath(FIREWALL.revert),
  /** One transaction on its way to nft, which cannot read it from a socket. */
  transaction: absolutePath('/run/drover/firewall-transaction.json'),
} as const
