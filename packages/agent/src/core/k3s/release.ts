/** Name of the k3s binary among the files of a release. */
export const releaseFile = (arch: 'amd64' | 'arm64'): string => (arch === 'arm64' ? 'k3s-arm64' : 'k3s')

/** Where a release has a file; the `+` of the tag is written as %2B. */
export const releaseUrl = (base: string, version: string, file: string): string => `${base}/${version.replaceAll('+', '%2B')}/${file}`

/**
 * The release tag that `k3s --version` prints in its first line (`k3s version v1.36.2+k3s1 (af977adf)`), or null. k3s calls
 * itself by the name of its file, so the file on its way in says `k3s-incoming`.
 */
export const versionSaid = (output: string): string | null => /^k3s(?:-incoming)? version (v\d\S*)(?: \([0-9a-f]+\))?\r?$/m.exec(output)?.[1] ?? null
