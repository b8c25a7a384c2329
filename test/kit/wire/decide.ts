import { hostIdOf, makeToken, tokenSigningKey, type Decide, type Decision, type Token } from '@drover/protocol/node'

/** Tokens and nodes in memory, enough to let hosts in; the real ones are rows. */
export type TestRegistry = {
  decide: Decide
  token: (uses?: number) => Token
  revoke: (nodeId: string) => void
  forget: (nodeId: string) => void
  enrolled: Map<string, Decision>
  asked: { tokenKey: number; enrol: number; resume: number }
}

/** An empty registry. */
export const makeRegistry = (): TestRegistry => {
  const tokens = new Map<string, { token: Token; uses: number }>()
  const enrolled = new Map<string, Decision>()
  const asked = { tokenKey: 0, enrol: 0, resume: 0 }
  const decide: Decide = {
    tokenKey: async (id) => {
      asked.tokenKey += 1
      const held = tokens.get(id)
      return Promise.resolve(held === undefined ? null : tokenSigningKey(held.token).publicKey)
    },
    enrol: async ({ nodePub, tokenId }) => {
      asked.enrol += 1
      const nodeId = hostIdOf(nodePub)
      const known = enrolled.get(nodeId)
      if (known !== undefined) return Promise.resolve(known)
      const held = tokens.get(tokenId)
      if (held === undefined || held.uses === 0) return Promise.resolve({ ok: false, code: 'token-refused', retryAfterMs: 1 })
      held.uses -= 1
      const decision: Decision = { ok: true, nodeId, state: 'active', serial: 1, enrolledAt: 1_700_000_000_000 }
      enrolled.set(nodeId, decision)
      return Promise.resolve(decision)
    },
    resume: async ({ nodePub, claimed }) => {
      asked.resume += 1
      const nodeId = hostIdOf(nodePub)
      const known = enrolled.get(nodeId)
      if (known !== undefined) return Promise.resolve(known)
      if (claimed === null) return Promise.resolve({ ok: false, code: 'unknown-node', retryAfterMs: 1 })
      const again: Decision = { ok: true, nodeId: claimed.nodeId, state: 'active', serial: claimed.serial, enrolledAt: claimed.at }
      enrolled.set(nodeId, again)
      return Promise.resolve(again)
    },
  }
  return {
    decide,
    enrolled,
    asked,
    token: (uses = 1) => {
      const token = makeToken('join')
      tokens.set(token.id, { token, uses })
      return token
    },
    revoke: (nodeId) => {
      enrolled.set(nodeId, { ok: false, code: 'revoked', retryAfterMs: 0 })
    },
    forget: (nodeId) => {
      enrolled.delete(nodeId)
    },
  }
}

