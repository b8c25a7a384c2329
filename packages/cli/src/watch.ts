import { cleanLine } from './clean-text.ts'
import { CliError } from './cli-error.ts'
import type { Io } from './io.ts'
import { createScreen } from './live-screen.ts'
import { jsonLine } from './render/machine.ts'
import { ageFrom, clusterLines, hostLines, pictureRows, type Sight } from './render/picture.ts'

const EVERY = 1000

/** Where a watch shows what it sees; `lost` says why it sees nothing now. */
type Show = { readonly see: (sights: readonly Sight[]) => void; readonly lost: (why: string) => void }

const NOTHING = 'No clusters yet. Describe one and apply it: drover apply -f cluster.yaml'

const onTerminal = (io: Io): Show => {
  const screen = createScreen(io)
  let last: readonly string[] = []
  return {
    see: (sights) => {
      last = sights.length === 0 ? [NOTHING] : sights.flatMap((sight, at) => [...(at === 0 ? [] : ['']), ...pictureRows(sight, io.now())])
      screen.draw(last)
    },
    lost: (why) => screen.draw([why, ...last]),
  }
}

/** What may be printed: `key` is what it is about, `mark` what of it counts. */
type Piece = { readonly key: string; readonly text: string; readonly mark: string }

/** Prints what is new or another one than before; what is gone is new when it comes back. */
const onChange = (print: (text: string) => void): ((pieces: readonly Piece[]) => void) => {
  let shown: ReadonlyMap<string, string> = new Map()
  return (pieces) => {
    for (const { key, text, mark } of pieces) if (shown.get(key) !== mark) print(text)
    shown = new Map(pieces.map(({ key, mark }) => [key, mark]))
  }
}

const still = (): string => ''

/** The lines of a sight by what they are about, with ages or without. */
const linesOf = (sight: Sight, age: (at: number) => string): readonly (readonly [key: string, line: string])[] => [
  ...clusterLines(sight, age).map((line, at) => [`${sight.cluster.name} ${String(at)}`, line] as const),
  ...hostLines(sight, age).map(({ host, cells }, at) => [`${sight.cluster.name} ${host} ${String(at)}`, cells[0] === '' ? `${host}  ${cells.at(-1) ?? ''}` : cells.join('  ')] as const),
]

const time = (now: number): string => `${new Date(now).toISOString().slice(11, 19)}Z`

/** Numbers in the last words of a line count up while a step works. */
const markOf = (line: string): string => line.replaceAll(/(?<=: )[^:]*$/g, (detail) => detail.replaceAll(/\d+/g, ''))

const piecesOf = (sight: Sight, now: number): readonly Piece[] => {
  const marks = linesOf(sight, still)
  return linesOf(sight, ageFrom(now)).map(([key, text], at) => ({ key, text, mark: markOf(marks[at]?.[1] ?? '') }))
}

/** A line for each change; ages are none. */
const inPipe = (io: Io): Show => {
  const tell = onChange((text) => io.out(`${time(io.now())}  ${cleanLine(text)}\n`))
  const lost = onChange((text) => io.out(`${time(io.now())}  ${text}\n`))
  return {
    see: (sights) => {
      lost([])
      tell(sights.length === 0 ? [{ key: '', text: NOTHING, mark: '' }] : sights.flatMap((sight) => piecesOf(sight, io.now())))
    },
    lost: (why) => lost([{ key: '', text: why, mark: why }]),
  }
}

const withoutAges = (key: string, value: unknown): unknown => (key === 'seenAt' ? undefined : value)

const asJson = (io: Io): Show => {
  const tell = onChange(io.out)
  const lost = onChange((text) => io.err(`${text}\n`))
  return {
    see: (sights) => {
      lost([])
      tell(sights.map((sight) => ({ key: sight.cluster.name, text: jsonLine({ at: io.now(), ...sight }), mark: JSON.stringify(sight, withoutAges) })))
    },
    lost: (why) => lost([{ key: '', text: why, mark: why }]),
  }
}

const showOf = (io: Io, output: string): Show => {
  if (output === 'json') return asJson(io)
  return io.isTerminal ? onTerminal(io) : inPipe(io)
}

/**
 * Looks again each second until it is broken off: a terminal has a picture that is drawn over itself, a pipe a line for each change, JSON a
 * document for each. It outlives a coordinator that is away, but not one that was never there.
 */
export const watch = async (io: Io, look: () => Promise<readonly Sight[]>, output: string): Promise<never> => {
  const show = showOf(io, output)
  show.see(await look())
  for (;;) {
    await io.sleep(EVERY)
    try {
      show.see(await look())
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      show.lost(`${cleanLine(error.message)}. Asked again every second; k3s and the agents go on meanwhile.`)
    }
  }
}
