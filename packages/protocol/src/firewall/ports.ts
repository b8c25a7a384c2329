/** A port, or a range of ports as `first-last`. */
export type Ports = number | string

/** First and last port of an entry. */
export const portSpan = (ports: Ports): readonly [number, number] => {
  if (typeof ports === 'number') return [ports, ports]
  const [first = '', last = ''] = ports.split('-')
  return [Number(first), Number(last)]
}

/** The same ports as few entries, sorted; neighbours become one range. */
export const mergePorts = (ports: readonly Ports[]): Ports[] => {
  const merged: [number, number][] = []
  for (const [first, last] of ports.map(portSpan).toSorted(([a], [b]) => a - b)) {
    const before = merged.at(-1)
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else merged.push([first, last])
  }
  return merged.map(([first, last]) => (first === last ? first : `${String(first)}-${String(last)}`))
}

/** The ports of the first list that are not in the second, merged. */
export const withoutPorts = (ports: readonly Ports[], others: readonly Ports[]): Ports[] => {
  let left = ports.map(portSpan)
  for (const [first, last] of others.map(portSpan)) {
    left = left.flatMap(([a, b]): (readonly [number, number])[] => {
      if (last < a || b < first) return [[a, b]]
      return [...(a < first ? [[a, first - 1] as const] : []), ...(last < b ? [[last + 1, b] as const] : [])]
    })
  }
  return mergePorts(left.map(([first, last]) => (first === last ? first : `${String(first)}-${String(last)}`)))
}
