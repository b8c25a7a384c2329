import { hostname } from 'node:os'
import type { HelloFacts } from '@drover/protocol'
import type { Boot } from './boot-count.ts'
import { fileDigest } from './file-digest.ts'
import { machineHashes } from './machine-hashes.ts'

/** What HELLO says that does not change while the process lives, and where to ask for the rest. */
export type HelloSources = {
  readonly version: string
  readonly bundle: string
  readonly policy: string
  readonly boot: Boot
  readonly journalHead: () => Promise<HelloFacts['journalHead']>
  readonly maxEpochSeen: () => Promise<number>
}

/** Reads what an agent says of itself; called anew for each connection, because policy, journal and hardware change. */
export const createHelloFacts = (sources: HelloSources): (() => Promise<HelloFacts>) => {
  const bundleSha256 = fileDigest(sources.bundle)
  return async () => ({
    agentVersion: sources.version,
    bundleSha256,
    policyDigest: fileDigest(sources.policy),
    bootId: sources.boot.bootId,
    bootCount: sources.boot.count,
    journalHead: await sources.journalHead(),
    maxEpochSeen: await sources.maxEpochSeen(),
    sealSerial: 0,
    successionSerial: 0,
    machine: machineHashes(),
    hostname: displayName(hostname()),
  })
}

/** A host name as HELLO may carry it: other characters become dashes, and a name of nothing else is `host`. */
export const displayName = (name: string): string => {
  const clean = name.replaceAll(/[^A-Za-z0-9.-]/g, '-').replace(/^[.-]+/, '').slice(0, 253)
  return clean.replace(/[.-]+$/, '') || 'host'
}
