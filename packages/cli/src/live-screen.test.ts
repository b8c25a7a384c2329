import { execFileSync } from 'node:child_process'
import { createTerminal } from '@drover/test/kit/cli/terminal.ts'
import { describe, expect, it } from 'vitest'
import { createScreen } from './live-screen.ts'

const drawn = (columns = 40, rows = 10) => {
  const terminal = createTerminal({ columns, rows })
  return { terminal, screen: createScreen(terminal) }
}

describe('a picture on a terminal', () => {
  it('stands below what was there before, and changes in place', () => {
    const { terminal, screen } = drawn()
    terminal.out('Approved.\n')
    screen.draw(['one  starting', 'two  waits'])
    screen.draw(['one  active', 'two  waits', 'three  joins'])
    expect(terminal.lines()).toEqual(['Approved.', 'one  active', 'two  waits', 'three  joins'])
    screen.draw(['one  at rest'])
    expect(terminal.lines()).toEqual(['Approved.', 'one  at rest'])
    expect(terminal.cursor()).toEqual({ row: 2, column: 0 })
  })

  it('writes the rows that changed and no other, and nothing where none did', () => {
    const { terminal, screen } = drawn()
    screen.draw(['one  starting', 'two  waits'])
    const before = terminal.written.length
    screen.draw(['one  active', 'two  waits'])
    expect(terminal.written.slice(before)).toBe('\r\u001b[2A\rone  active\u001b[K\n\n')
    screen.draw(['one  active', 'two  waits'])
    expect(terminal.written.slice(before)).not.toContain('two')
  })

  it('goes on in place where the terminal scrolls', () => {
    const { terminal, screen } = drawn(40, 4)
    for (let line = 0; line < 6; line += 1) terminal.out(`line ${String(line)}\n`)
    screen.draw(['one', 'two'])
    screen.draw(['one', 'three'])
    expect(terminal.lines()).toEqual(['line 5', 'one', 'three'])
  })

  it('is cut to the window, in both directions', () => {
    const { terminal, screen } = drawn(12, 4)
    screen.draw(['a line that is far too long', 'two', 'three', 'four', 'five'])
    expect(terminal.lines()).toEqual(['a line tha…', 'two', '… 3 more l…'])
    screen.draw(['a line that is far too long', 'two', 'three', 'four', 'five'])
    expect(terminal.cursor()).toEqual({ row: 3, column: 0 })
  })

  it('is drawn anew on a clear screen after a change of size', () => {
    const { terminal, screen } = drawn(40, 10)
    terminal.out('before\n')
    screen.draw(['a line of some length', 'two'])
    terminal.resize({ columns: 12, rows: 10 })
    screen.draw(['a line of some length', 'two'])
    expect(terminal.lines()).toEqual(['a line of …', 'two'])
  })

  it('has a size also where the terminal tells none', () => {
    const { terminal, screen } = drawn(0, 0)
    screen.draw(['x'.repeat(100)])
    expect(terminal.written).toContain(`${'x'.repeat(78)}…`)
  })

  it('takes the size of a real terminal, also after that has changed', () => {
    const screen = JSON.stringify(new URL('live-screen.ts', import.meta.url).href)
    const io = 'const tty = process.stdout; const io = { out: (text) => tty.write(text), get columns() { return tty.columns }, get rows() { return tty.rows } };'
    const draw = `import { createScreen } from ${screen}; import { execSync } from 'node:child_process'; ${io} const screen = createScreen(io);
      screen.draw(['one of two rows that are long', 'two']);
      const patience = setTimeout(() => {}, 10_000);
      tty.once('resize', () => { screen.draw(['one of two rows that are long', 'three']); clearTimeout(patience) });
      execSync('stty cols 12 rows 5', { stdio: 'inherit' })`
    const command = `stty cols 40 rows 5; ${process.execPath} --input-type=module -e "$DRAW"`
    const written = execFileSync('script', ['-qec', command, '/dev/null'], { env: { ...process.env, DRAW: draw }, encoding: 'utf8', timeout: 20_000 })
    expect(written).toContain('one of two rows that are long')
    const terminal = createTerminal({ columns: 12, rows: 5 })
    terminal.out(written)
    expect(terminal.lines()).toEqual(['one of two…', 'three'])
  })
})
