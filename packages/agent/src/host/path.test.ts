import { describe, expect, it } from 'vitest'
import { absolutePath, below, folderOf, isWithin } from './path.ts'

describe('absolutePath', () => {
  it.each(['', 'etc', './etc', '/etc/../shadow', '/etc//x', '/etc/', '/etc/./x', '/a\0b'])('refuses %j', (text) => {
    expect(() => absolutePath(text)).toThrow(RangeError)
  })

  it('takes clean ones, and names below them', () => {
    expect(below(absolutePath('/'), 'etc', 'hosts')).toBe('/etc/hosts')
    expect(() => below(absolutePath('/etc'), '..')).toThrow(RangeError)
    expect(folderOf(absolutePath('/etc/hosts'))).toBe('/etc')
    expect(folderOf(absolutePath('/etc'))).toBe('/')
    expect(isWithin('/etc/x', '/etc')).toBe(true)
    expect(isWithin('/etcetera', '/etc')).toBe(false)
  })
})
