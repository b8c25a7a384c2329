import { type Artifact, type Artifacts, type ClusterSpec, type Settled } from '@drover/protocol'
import type { Context } from '../context.ts'
import { readArtifacts } from '../store/artifacts.ts'

type Arch = 'amd64' | 'arm64'
const ARCHS: readonly Arch[] = ['amd64', 'arm64']
const SUMS_LIMIT = 65_536

/**
 * The hashes that a spec's hosts will install, per architecture: from the spec itself, from the cache, or (origin `release`
 * only) from the release's own list of sums. An architecture without a known hash is left out, and so is one whose file the
 * cache would have to give (origin `cache`) and does not hold: the preflight names it.
 */
export const findArtifacts = async (context: Context, spec: ClusterSpec, needed: ReadonlySet<string>): Promise<Settled['artifacts']> => {
  const cached = await readArtifacts(context.db)
  const found: Partial<Record<Arch, Artifacts>> = {}
  for (const arch of ARCHS.filter((one) => needed.has(one))) {
    const binary = spec.k3s.sha256?.[arch] ?? cachedHash(cached, spec.k3s.version, arch) ?? (await releasedHash(spec, arch))
    const isThere = spec.k3s.origin !== 'cache' || cached.some((artifact) => artifact.sha256 === binary)
    if (binary !== null && isThere) found[arch] = { binary, images: spec.k3s.images?.[arch] ?? [] }
  }
  return found
}

const cachedHash = (cached: readonly Artifact[], version: string, arch: Arch): string | null =>
  cached.find((artifact) => artifact.kind === 'k3s' && artifact.version === version && artifact.arch === arch)?.sha256 ?? null

/** Reads `sha256sum-<arch>.txt` of the upstream release (k3s docs, "installation"); null where it cannot be reached. */
const releasedHash = async (spec: ClusterSpec, arch: Arch): Promise<string | null> => {
  if (spec.k3s.origin !== 'release') return null
  const url = `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(spec.k3s.version)}/sha256sum-${arch}.txt`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    const text = answer.ok ? await answer.text() : ''
    return hashIn(text.slice(0, SUMS_LIMIT), arch)
  } catch {
    return null
  }
}

/** The hash of the k3s binary in a list of sums. */
export const hashIn = (sums: string, arch: Arch): string | null => {
  const name = arch === 'amd64' ? 'k3s' : 'k3s-arm64'
  const line = sums.split('\n').find((entry) => entry.trimEnd().endsWith(` ${name}`))
  const hash = line?.slice(0, 64) ?? ''
  return /^[0-9a-f]{64}$/.test(hash) ? hash : null
}
