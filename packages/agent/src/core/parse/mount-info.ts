/** One mount of /proc/self/mountinfo. */
export type Mount = { readonly point: string; readonly filesystem: string }

/** The mount that a path is on: the longest mount point that holds it, the last one mounted there; null where none does. */
export const mountOf = (mountinfo: string, path: string): Mount | null => {
  const holding = mountinfo.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ')
    const point = unescapeOctal(left.split(' ')[4] ?? '')
    return point !== '' && holds(point, path) ? [{ point, filesystem: right.split(' ')[0] ?? '' }] : []
  })
  const longest = holding.reduce((most, mount) => Math.max(most, mount.point.length), -1)
  return holding.findLast((mount) => mount.point.length === longest) ?? null
}

const holds = (point: string, path: string): boolean => point === '/' || path === point || path.startsWith(`${point}/`)

const unescapeOctal = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)))
