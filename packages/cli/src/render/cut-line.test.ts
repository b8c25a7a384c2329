import { expect, it } from 'vitest'
import { cutLine } from './cut-line.ts'

it.each([
  ['a line', 6, 'a line'],
  ['a longer line', 6, 'a lon…'],
  ['漢字漢字', 5, '漢字…'],
  ['漢字漢字', 4, '漢…'],
  ['ab', 1, '…'],
  ['ab', 0, ''],
])('%j in %i columns is %j', (line, columns, cut) => expect(cutLine(line, columns)).toBe(cut))
