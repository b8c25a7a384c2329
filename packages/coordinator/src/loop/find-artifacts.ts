import { type Artifact, type Artifacts, type ClusterSpec, type Finding, say, type Settled } from '@drover/protocol'
import type { Context } from '../context.ts'
import { finding } from '../core/planner/finding.ts'
import { readArtifacts } from '../store/artifacts.ts'

type Arch = 'amd64' | 'arm64'
const ARCHS: readonly Arch[] = ['amd64', 'arm64']

/** The hashes that were found, and a note for each list of sums that could not be read. */
export type FoundArtifacts = { readonly artifacts: Settled['artifacts']; readonly findings: readonly Finding[] }

/**
 * The hashes that a spec's hosts will install, per architecture: from the spec itself, from the cache, or (origin `release`
 * only) from the release's own list of sums. An architecture without a known hash is left out, and so is one whose file the
 * cache would have to give (origin `cache`) and does not hold: the preflight names it.
 */
export const findArtifacts = async (context: Context, spec: ClusterSpec, needed: ReadonlySet<string>): Promise<FoundArtifacts> => {
  const cached = await readArtifacts(context.db)
  const artifacts: Partial<Record<Arch, Artifacts>> = {}
  const archs = ARCHS.filter((one) => needed.has(one))
  const answers = await Promise.all(archs.map(async (arch) => ({ arch, ...(await hashOf(context, spec, { arch, cached })) })))
  for (const { arch, binary } of answers) {
    const isThere = spec.k3s.origin !== 'cache' || cached.some((artifact) => artifact.sha256 === binary)
    if (binary !== null && isThere) artifacts[arch] = { binary, images: spec.k3s.images?.[arch] ?? [] }
  }
  return { artifacts, findings: answers.flatMap(({ found }) => (found === null ? [] : [found])) }
}

type Hash = { readonly binary: string | null; readonly found: Finding | null }

const hashOf = async (context: Context, spec: ClusterSpec, { arch, cached }: { readonly arch: Arch; readonly cached: readonly Artifact[] }): Promise<Hash> => {
  const known = spec.k3s.sha256?.[arch] ?? cachedHash(cached, spec.k3s.version, arch)
  if (known !== null || spec.k3s.origin !== 'release') return { binary: known, found: null }
  const { url, text, failure } = await context.releases.read(spec.k3s.version, arch)
  return { binary: hashIn(text ?? '', arch), found: failure === null ? null : finding('note', say('finding.no-sums', { url, reason: failure })) }
}

const cachedHash = (cached: readonly Artifact[], version: string, arch: Arch): string | null =>
  cached.find((artifact) => artifact.kind === 'k3s' && artifact.version === version && artifact.arch === arch)?.sha256 ?? null

/** The hash of the k3s binary in a list of sums. */
export const hashIn = (sums: string, arch: Arch): string | null => {
  const name = arch === 'amd64' ? 'k3s' : 'k3s-arm64'
  const line = sums.split('\n').find((entry) => entry.trimEnd().endsWith(` ${name}`))
  const hash = line?.slice(0, 64) ?? ''
  return /^[0-9a-f]{64}$/.test(hash) ? hash : null
}
