/** The first `most` characters of what another program says of itself; half a character would make the whole message refused. */
export const shortText = (text: string, most: number): string => text.slice(0, most).replaceAll(/\p{Surrogate}/gu, '\uFFFD')
