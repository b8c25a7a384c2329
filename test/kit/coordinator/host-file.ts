import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { makeHost } from '../wire/identity.ts'
import type { Site } from './drive.ts'
import { makeScriptedHost, type ScriptedHost } from './scripted-host.ts'

type Saved = Pick<ScriptedHost, 'id' | 'name' | 'ip' | 'labels' | 'facts' | 'ledger'> & { nodePub: string; sealPub: string; outbox: [string, unknown][] }
type SavedSite = { readonly hosts: readonly Saved[]; readonly nodes: Site['nodes']; readonly starts: number }

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Writes what hosts are and did, so that they outlive the process that scripts them. */
export const saveSite = (file: string, site: Site, starts: number): void => {
  const hosts = site.hosts.map(({ id, name, ip, labels, facts, ledger, keys, outbox }) => ({
    id, name, ip, labels, facts, ledger, nodePub: hex(keys.node.publicKey), sealPub: hex(keys.sealPub),
    outbox: [...outbox],
  }))
  writeFileSync(`${file}.new`, JSON.stringify({ hosts, nodes: site.nodes, starts }))
  renameSync(`${file}.new`, file)
}

/** The hosts as they were saved, or two new ones; `starts` counts up. */
export const loadSite = (file: string): { readonly site: Site; readonly starts: number } => {
  if (!existsSync(file)) {
    const server = makeScriptedHost({ name: 'node-1', ip: '10.0.0.11', labels: { role: 'server' } })
    const worker = makeScriptedHost({ name: 'node-2', ip: '10.0.0.12', labels: { role: 'worker' } })
    return { site: { hosts: [server, worker], nodes: {} }, starts: 0 }
  }
  const saved = JSON.parse(readFileSync(file, 'utf8')) as SavedSite
  const [server, worker] = saved.hosts.map(revive)
  if (server === undefined || worker === undefined) throw new Error(`${file} has no two hosts`)
  return { site: { hosts: [server, worker], nodes: { ...saved.nodes } }, starts: saved.starts + 1 }
}

const revive = (saved: Saved): ScriptedHost => {
  const keys = makeHost({ hostname: saved.name })
  const publicKey = new Uint8Array(Buffer.from(saved.nodePub, 'hex'))
  return {
    id: saved.id, name: saved.name, ip: saved.ip, labels: saved.labels, facts: saved.facts, ledger: [...saved.ledger],
    keys: { ...keys, node: { ...keys.node, publicKey }, sealPub: new Uint8Array(Buffer.from(saved.sealPub, 'hex')) },
    outbox: new Map(saved.outbox as [string, never][]),
    witness: () => 'refused',
    probed: new Set(),
    script: () => null,
  }
}
