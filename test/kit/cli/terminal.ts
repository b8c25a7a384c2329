/** How large a terminal is; 0 where it does not tell. */
export type Size = { readonly columns: number; readonly rows: number }

/** A terminal as far as the CLI uses one: text, new lines that scroll, and the escapes for up, home, and clearing a line or what follows. */
export type Terminal = {
  readonly columns: number
  readonly rows: number
  readonly out: (text: string) => void
  readonly written: string
  /** What stands on it, without blank lines at the end. */
  readonly lines: () => readonly string[]
  readonly cursor: () => { readonly row: number; readonly column: number }
  readonly resize: (size: Size) => void
}

type State = { size: Size; written: string; screen: string[]; row: number; column: number }

const put = (state: State, char: string): void => {
  const line = (state.screen[state.row] ?? '').padEnd(state.column)
  state.screen[state.row] = line.slice(0, state.column) + char + line.slice(state.column + 1)
  state.column += 1
}

const newLine = (state: State): void => {
  state.column = 0
  state.row += 1
  if (state.size.rows === 0 || state.row < state.size.rows) return
  state.screen.shift()
  state.row = state.size.rows - 1
}

const ESCAPES: Readonly<Record<string, (state: State, count: number) => void>> = {
  A: (state, count) => void (state.row = Math.max(0, state.row - count)),
  H: (state) => void ([state.row, state.column] = [0, 0]),
  K: (state) => void (state.screen[state.row] = (state.screen[state.row] ?? '').slice(0, state.column)),
  J: (state, count) => {
    if (count === 2) state.screen.length = 0
    else state.screen.splice(state.row, Infinity, (state.screen[state.row] ?? '').slice(0, state.column))
  },
}

const obey = (state: State, text: string): void => {
  for (const [all, count, escape, char = ''] of text.matchAll(/\u001b\[(\d*)([A-Z])|([^\u001b])/gu)) {
    if (escape !== undefined) {
      const act = ESCAPES[escape]
      if (act === undefined) throw new Error(`the terminal does not know ${JSON.stringify(all)}`)
      act(state, Number(count === '' ? (escape === 'A' ? 1 : 0) : count))
    } else if (char === '\n') newLine(state)
    else if (char === '\r') state.column = 0
    else put(state, char)
  }
}

/** An empty terminal of a size. */
export const createTerminal = (size: Size): Terminal => {
  const state: State = { size, written: '', screen: [], row: 0, column: 0 }
  return {
    get columns() {
      return state.size.columns
    },
    get rows() {
      return state.size.rows
    },
    get written() {
      return state.written
    },
    out: (text) => {
      state.written += text
      obey(state, text)
    },
    lines: () => Array.from(state.screen, (line) => line.trimEnd()).join('\n').trimEnd().split('\n'),
    cursor: () => ({ row: state.row, column: state.column }),
    resize: (next) => void (state.size = next),
  }
}
