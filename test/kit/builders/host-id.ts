import { type HostId, HostIdSchema } from '@drover/protocol'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** A steady host id for a name: `h-` and sixteen letters mixed from it. */
export const hostIdOf = (name: string): HostId => {
  let state = 2_166_136_261
  const letters = Array.from({ length: 16 }, (_, index) => {
    for (const letter of `${name}${index}`) state = Math.imul(state ^ letter.charCodeAt(0), 16_777_619) >>> 0
    return LETTERS[(state >>> 7) % 32] ?? 'a'
  })
  return HostIdSchema.parse(`h-${letters.join('')}`)
}
