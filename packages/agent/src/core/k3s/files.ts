import { type Claim, DROVER, K3S, type K3sConfig, renderConfig, type Role, uninstallOf, unitFileOf } from '@drover/protocol'
import { renderKillall } from './killall-script.ts'
import { renderMark } from './marks.ts'
import { renderUninstall } from './uninstall-script.ts'
import { renderUnit } from './unit.ts'

/** One file that should be there, whole. */
export type WantedFile = { readonly path: string; readonly text: string; readonly mode: number }

/** What `k3s.config` was asked for. */
export type Settings = {
  readonly role: Role
  readonly claim: Claim
  readonly config: K3sConfig
  readonly secrets: Readonly<Record<string, string>>
}

/** All files of a role, in the order in which they are written: the claim last, since it says that all before it is there. */
export const wantedFiles = ({ role, claim, config, secrets }: Settings): readonly WantedFile[] => [
  ...(role === 'server' ? [{ path: K3S.serverToken, text: `${secrets['server-token'] ?? ''}\n`, mode: 0o600 }] : []),
  { path: K3S.agentToken, text: `${secrets['agent-token'] ?? ''}\n`, mode: 0o600 },
  { path: K3S.dropIn, text: renderConfig(config), mode: 0o600 },
  { path: K3S.killall, text: renderKillall(), mode: 0o755 },
  { path: uninstallOf(role), text: renderUninstall(role), mode: 0o755 },
  { path: unitFileOf(role), text: renderUnit(role), mode: 0o644 },
  { path: DROVER.claim, text: renderMark(claim), mode: 0o644 },
]
