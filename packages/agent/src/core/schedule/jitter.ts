import type { Ms, Time } from '@drover/protocol'

/** FNV-1a of a text: spreads, keeps no secret. */
const spread = (text: string): number => {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash
}

/** How much later than planned a firing happens, in ms below `jitterS` seconds: the same each time it is asked. */
export const jitterOf = (firing: { readonly host: string; readonly name: string; readonly at: Time }, jitterS: number): Ms =>
  jitterS === 0 ? 0 : (spread(`${firing.host}/${firing.name}/${String(firing.at)}`) % (jitterS * 1000))
