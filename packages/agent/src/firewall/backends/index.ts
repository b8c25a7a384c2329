import type { FirewallBackend } from '../backend.ts'
import { nftables } from './nftables.ts'

/** Every way to carry a ruleset out, the best first. */
export const BACKENDS: readonly FirewallBackend[] = [nftables]
