import stringWidth from 'string-width'

/** A line cut to so many columns of a terminal, with … where something is missing. */
export const cutLine = (line: string, columns: number): string => {
  if (stringWidth(line) <= columns) return line
  let kept = ''
  let width = 0
  for (const char of line) {
    width += stringWidth(char)
    if (width > columns - 1) break
    kept += char
  }
  return columns < 1 ? '' : `${kept}…`
}
