import type { ClusterSpec } from '@drover/protocol'
import { overlaps, parseAddress } from '@drover/protocol'
import type { Path, Wrong } from '../fault.ts'

const NOWHERE: readonly string[] = ['127.0.0.0/8', '0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/127', 'fe80::/10', 'ff00::/8', '::ffff:0:0/96']
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** Why a word is no address or name that other machines can use; null where it is one. */
const reasonAgainst = (text: string): string | null => {
  const address = parseAddress(text)
  if (address !== null) {
    const width = address.family === 4 ? 32 : 128
    return NOWHERE.some((range) => overlaps(range, `${text}/${width}`)) ? 'other machines cannot reach this address' : null
  }
  if (/^[^:]+:\d+$/.test(text)) return 'give it without a port: the API is served on 6443'
  if (/^[\d.]+$/.test(text)) return 'is not an address'
  if (/^(?:.*\.)?localhost$/i.test(text)) return 'means another machine on each machine'
  return HOST_NAME.test(text) ? null : 'must be a host name or an address'
}

const check = (path: Path, text: string): readonly Wrong[] => {
  const reason = reasonAgainst(text)
  return reason === null ? [] : [{ path, value: text, reason }]
}

/** The API endpoint and the names on its certificate must be such as others can use; a name may begin with `*.`. */
export const checkNames = ({ apiEndpoint, tlsSans }: ClusterSpec): readonly Wrong[] => [
  ...(apiEndpoint === undefined ? [] : check(['apiEndpoint'], apiEndpoint)),
  ...tlsSans.flatMap((name, index) => check(['tlsSans', index], name.replace(/^\*\./, ''))),
]
