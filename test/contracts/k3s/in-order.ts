/** Those pieces of a text that come one after the other, up to the first that is missing where it should be. */
export function inOrder(text: string, pieces: readonly string[]): string[] {
  const found: string[] = []
  let at = 0
  for (const piece of pieces) {
    const next = text.indexOf(piece, at)
    if (next < 0) return found
    found.push(piece)
    at = next + piece.length
  }
  return found
}
