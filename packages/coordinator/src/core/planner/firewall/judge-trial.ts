/** What one witness found: the ports that it was asked to dial and those of them that it reached. */
export type Testimony<W> = { readonly witness: W; readonly asked: readonly number[]; readonly reached: readonly number[] }

/** `witnessed`: every port was reached and nobody was turned away; `doubted`: somebody was; `open`: something is still to be told. */
export type Verdict<W> =
  | { readonly kind: 'witnessed' | 'open' }
  | { readonly kind: 'doubted'; readonly witness: W; readonly missed: readonly number[] }

/** Judges rules on trial by what witnesses say. A port that nobody reached is not proved, and a witness that was turned away outweighs all that got through. */
export const judgeTrial = <W>(required: readonly number[], testimonies: readonly Testimony<W>[]): Verdict<W> => {
  for (const { witness, asked, reached } of testimonies) {
    const missed = asked.filter((port) => !reached.includes(port))
    if (missed.length > 0) return { kind: 'doubted', witness, missed }
  }
  const reached = new Set(testimonies.flatMap((testimony) => testimony.reached))
  return { kind: required.length > 0 && required.every((port) => reached.has(port)) ? 'witnessed' : 'open' }
}
