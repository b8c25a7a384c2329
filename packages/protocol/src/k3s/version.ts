import * as z from 'zod'

const form = /^v(\d{1,3})\.(\d{1,3})\.(\d{1,3})\+k3s(\d{1,3})$/

/** A k3s release tag such as v1.36.2+k3s1; `latest`, channels and tags without the k3s suffix are refused. */
export const K3sVersionSchema = z.string().regex(form, 'must be a whole release tag such as v1.36.2+k3s1')

/** [1, 36, 2, 1] of v1.36.2+k3s1; [0, 0, 0, 0] for what is no tag. */
export const versionParts = (version: string): readonly [number, number, number, number] => {
  const found = form.exec(version)
  if (found === null) return [0, 0, 0, 0]
  const [, a, b, c, d] = found.map(Number)
  return [a ?? 0, b ?? 0, c ?? 0, d ?? 0]
}

/** Negative, zero or positive: order of two release tags. */
export const compareVersions = (a: string, b: string): number => {
  const right = versionParts(b)
  for (const [index, part] of versionParts(a).entries()) {
    const difference = part - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
