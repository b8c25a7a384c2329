import { renderAddress } from '@drover/protocol'

/** TCP_ESTABLISHED in /proc/net/tcp and tcp6. */
const ESTABLISHED = '01'

/** The kernel prints words of 32 bits in its own byte order, which is little-endian wherever k3s runs. */
const turned = (hex: string): string => hex.replaceAll(/(..)(..)(..)(..)/g, '$4$3$2$1')

/** An address in its canonical form; null where it is none. */
const addressOf = (hex: string): string | null => {
  if (!/^(?:[\dA-F]{8}|[\dA-F]{32})$/i.test(hex)) return null
  return renderAddress(hex.length === 8 ? 4 : 6, BigInt(`0x${turned(hex)}`))
}

/**
 * Whom /proc/net/tcp or tcp6 shows an established connection to, at a port: addresses in their canonical form. Lines of another form
 * are passed over.
 */
export const connectedTo = (text: string, port: number): ReadonlySet<string> =>
  new Set(
    text.split('\n').flatMap((line) => {
      const [, , remote = '', state] = line.trim().split(/\s+/)
      const [address = '', at = ''] = remote.split(':')
      return state === ESTABLISHED && Number.parseInt(at, 16) === port ? (addressOf(address) ?? []) : []
    }),
  )
