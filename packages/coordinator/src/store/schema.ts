import type { Request } from '@drover/protocol'
import type { Generated } from 'kysely'

type Json = string
type Hosts = {
  id: string; name: string; public_key: Buffer; seal_key: Buffer; seal_serial: number
  state: 'pending' | 'active' | 'suspended' | 'revoked'
  labels: Json; role: 'server' | 'agent' | 'any'; cluster_limit: string | null
  token_id: string | null; address: string | null; hostname: string; agent_version: string
  machine: Json; boot_count: number; journal_count: number
  enrolled_at: number; last_seen: number | null; findings: Json; inventory: Json; facts: Json | null
}
type JoinTokens = {
  id: string; public_key: Buffer; uses_left: number; role: 'server' | 'agent' | 'any'; cluster: string | null
  cidrs: Json; labels: Json; approve: 'auto' | 'manual'; replaces: string | null
  created_by: string; created_at: number; expires_at: number; revoked_at: number | null
}
type ApiTokens = { id: string; digest: Buffer; role: ApiRole; owner: string; created_at: number; expires_at: number; revoked_at: number | null }
type Orders = {
  id: string; run_id: string | null; request_id: string | null; cluster: string; host_id: string; kind: string
  action_key: string; class: string; change_host: string | null; attempt: number
  state: Json; bytes: Buffer; signature: Buffer; created_at: number; ended_at: number | null
}
type Requests = {
  id: string; kind: Request['kind']; cluster: string; params: Json; asked_by: string; asked_at: number
  state: 'open' | 'done' | 'refused' | 'withdrawn'; message: string | null; answer: string | null
}

/** The roles of API tokens. */
export type ApiRole = 'viewer' | 'operator' | 'admin' | 'auditor'

/** Tables and columns as queries see them. */
export type Schema = {
  setting: { key: string; value: Json }
  host: Hosts
  join_token: JoinTokens
  token_spend: { token_id: string; host_id: string; at: number }
  api_token: ApiTokens
  cluster: { name: string; revision: number; spec: Json; settled: Json; created_at: number }
  secret: { id: string; boxed: Buffer; created_at: number }
  forecast: { id: string; cluster: string; hash: string; bytes: Buffer; created_at: number; created_by: string; approved_at: number | null; approved_by: string | null }
  run: { id: string; cluster: string; forecast_id: string; state: Json; spent: Json; approved_by: string; started_at: number; ended_at: number | null }
  orders: Orders
  request: Requests
  wait: { cluster: string; key: string; since: number }
  fence: { resource: string; value: number }
  artifact: { sha256: string; name: string; kind: 'k3s' | 'images' | 'agent'; version: string; arch: 'amd64' | 'arm64'; size: number; added_at: number }
  event: { seq: Generated<number>; at: number; cluster: string | null; host: string | null; run: string | null; said: Json }
  idempotency: { key: string; principal: string; digest: string; status: number; body: string; at: number }
}
