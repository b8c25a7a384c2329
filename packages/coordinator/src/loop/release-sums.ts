/** Where upstream has its releases: `<base>/<version>/<file>`. */
export const RELEASES = 'https://github.com/k3s-io/k3s/releases/download'

const LIMIT = 3000
const FORGET = 30_000
const LARGEST = 65_536
const MOST = 64

/** A release's list of SHA-256 sums, or why it was not read; and what was asked. */
export type Sums = { readonly url: string; readonly text: string | null; readonly failure: string | null }

/** Reads the lists of sums that a release comes with. */
export type ReleaseSums = { readonly read: (version: string, arch: string) => Promise<Sums> }

/** What a reader of sums takes: the base of all releases, a clock (ms) and the longest that one list may take (ms, 3 s). */
export type ReleaseSumsOptions = { readonly base: string; readonly now: () => number; readonly limitMs?: number }

/**
 * Reads `sha256sum-<arch>.txt` of a release (k3s docs, "installation"). A list is asked for once; one that could not be read is
 * not asked for again within 30 s, so that planning again without a network does not wait again.
 */
export const createReleaseSums = ({ base, now, limitMs = LIMIT }: ReleaseSumsOptions): ReleaseSums => {
  const known = new Map<string, { readonly at: number; readonly sums: Promise<Sums>; failed: boolean }>()
  return {
    read: async (version, arch) => {
      const url = `${base.replace(/\/+$/, '')}/${version.replaceAll('+', '%2B')}/sha256sum-${arch}.txt`
      const before = known.get(url)
      if (before !== undefined && !(before.failed && now() - before.at > FORGET)) return before.sums
      const entry = { at: now(), sums: fetchSums(url, limitMs), failed: false }
      if (known.size >= MOST) known.clear()
      known.set(url, entry)
      const sums = await entry.sums
      entry.failed = sums.text === null
      return sums
    },
  }
}

const fetchSums = async (url: string, limitMs: number): Promise<Sums> => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(limitMs) })
    if (!answer.ok) return { url, text: null, failure: `it answers ${String(answer.status)}` }
    return { url, text: (await answer.text()).slice(0, LARGEST), failure: null }
  } catch (error) {
    return { url, text: null, failure: reasonOf(error, limitMs) }
  }
}

const reasonOf = (error: unknown, limitMs: number): string => {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${String(limitMs / 1000)} s`
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message.slice(0, 200) || 'no connection' : 'no connection'
}
