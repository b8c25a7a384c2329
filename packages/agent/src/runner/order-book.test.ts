import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OrderIdSchema } from '@drover/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { journalName } from './journal.ts'
import { endReport, openOrderBook, readSaid, saidPath } from './order-book.ts'

const held = { folder: '' }
beforeEach(() => {
  held.folder = mkdtempSync(join(tmpdir(), 'drover-book-'))
})
afterEach(() => rmSync(held.folder, { recursive: true }))

const id = (letter: string) => ({ order: OrderIdSchema.parse(`ord-${letter.repeat(16)}`), attempt: 1 })
const RECEIVED = { type: 'RECEIVED', order: 'a', signature: 'b', at: 1 } as const
const REFUSED = { type: 'REFUSED', code: 'order.veto', message: 'm' } as const
const ACKED = { type: 'ACKED' } as const

describe('an order book', () => {
  it('forgets the oldest acknowledged orders, and never one that is not', () => {
    const book = openOrderBook(held.folder)
    for (const [index, letter] of ['a', 'b', 'c'].entries()) {
      book.append(id(letter), [RECEIVED, REFUSED, ACKED])
      utimesSync(`${held.folder}/${journalName(id(letter))}`, index + 1, index + 1)
    }
    book.append(id('d'), [RECEIVED, REFUSED])
    book.append(id('e'), [RECEIVED])
    utimesSync(`${held.folder}/${journalName(id('d'))}`, 0, 0)
    writeFileSync(saidPath(held.folder, id('a')), '{}')
    writeFileSync(`${held.folder}/notes of somebody`, '')
    book.compact(1)
    expect(readdirSync(held.folder).toSorted()).toEqual(['notes of somebody', journalName(id('c')), journalName(id('d')), journalName(id('e'))])
    expect(existsSync(saidPath(held.folder, id('a')))).toBe(false)
    expect(book.all()).toHaveLength(3)
    expect(book.find(id('a'))).toBeNull()
  })

  it('reports every kind of end, and nothing for what has not ended', () => {
    const book = openOrderBook(held.folder)
    book.append(id('a'), [RECEIVED])
    book.append(id('b'), [RECEIVED, { type: 'DONE', result: 1, recovered: true, elapsedMs: 5 }])
    book.append(id('c'), [RECEIVED, { type: 'FAILED', code: 'step.tool', message: 'x'.repeat(3000), evidence: 'y'.repeat(9000), undone: 'undone', elapsedMs: 5 }])
    book.append(id('d'), [RECEIVED, REFUSED])
    const reports = book.all().map(endReport)
    expect(reports[0]).toBeNull()
    expect(reports[1]).toEqual({ ...id('b'), state: 'done', result: 1, recovered: true, elapsedMs: 5 })
    expect(reports[2]).toMatchObject({ state: 'failed', message: 'x'.repeat(2000), evidence: 'y'.repeat(8000) })
    expect(reports[3]).toEqual({ ...id('d'), state: 'refused', code: 'order.veto', message: 'm' })
  })

  it('takes progress for what it is: a hint that may be missing or torn', () => {
    expect(readSaid(held.folder, id('a'))).toBeNull()
    writeFileSync(saidPath(held.folder, id('a')), '{"state":"prog')
    expect(readSaid(held.folder, id('a'))).toBeNull()
    const progress = { ...id('a'), state: 'progress', phase: 'applying', detail: 'd', elapsedMs: 1 }
    writeFileSync(saidPath(held.folder, id('a')), JSON.stringify(progress))
    expect(readSaid(held.folder, id('a'))).toEqual(progress)
  })
})
