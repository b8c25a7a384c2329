const HANG = 4

/** A line as rows of at most `width` characters: broken at blanks, what follows is indented further; a word that is longer is cut into pieces. */
export const wrapLine = (line: string, width: number): readonly string[] => {
  if (line.length <= width) return [line]
  const indent = Math.min(line.length - line.trimStart().length, Math.floor(width / 2))
  const blank = line.lastIndexOf(' ', width)
  const at = blank > indent + HANG ? blank : width
  const hang = ' '.repeat(Math.min(indent + HANG, Math.floor(width / 2)))
  const rest = line.slice(at).trimStart()
  return rest === '' ? [line.slice(0, at)] : [line.slice(0, at), ...hanging(rest, hang, width)]
}

const hanging = (rest: string, hang: string, width: number): readonly string[] => {
  const rows: string[] = []
  for (let left = rest; left !== '';) {
    const room = width - hang.length
    const blank = left.length <= room ? left.length : left.lastIndexOf(' ', room)
    const at = blank > 0 ? blank : room
    rows.push(`${hang}${left.slice(0, at)}`)
    left = left.slice(at).trimStart()
  }
  return rows
}
