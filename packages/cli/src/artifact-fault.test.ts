import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { type ArtifactFile, artifactFault } from './artifact-fault.ts'

/** The Node that runs this test is a real program for one of the two. */
const own = (): ArtifactFile => {
  const head = new Uint8Array(512)
  const file = openSync(process.execPath, 'r')
  readSync(file, head, 0, 512, 0)
  closeSync(file)
  return { kind: 'k3s', arch: process.arch === 'arm64' ? 'arm64' : 'amd64', name: 'k3s', size: statSync(process.execPath).size, head }
}
const text = (words: string): Uint8Array => new TextEncoder().encode(words)
const other = (arch: string): 'amd64' | 'arm64' => (arch === 'amd64' ? 'arm64' : 'amd64')
const images = (name: string, head: Uint8Array): ArtifactFile => ({ kind: 'images', arch: 'amd64', name, size: head.length, head })

it('a whole program of the right machine, and a script, may be k3s', () => {
  expect(artifactFault(own())).toBeNull()
  expect(artifactFault({ ...own(), head: text('#!/bin/sh\n'), size: 10 })).toBeNull()
})

it.each<[string, Partial<ArtifactFile>, RegExp]>([
  ['nothing', { size: 0, head: new Uint8Array() }, /empty/],
  ['a text', { head: text('node-1\n') }, /no program/],
  ['an archive', { head: gzipSync('x') }, /--kind images/],
  ['another machine', { arch: other(own().arch) }, /say --arch/],
  ['the first part of a program', { size: 100_000 }, /cut off/],
  ['less than a header', { head: own().head.subarray(0, 20), size: 20 }, /cut off/],
  ['a machine that k3s is not made for', { head: own().head.with(18, 0x08) }, /neither amd64 nor arm64/],
])('%s is not k3s', (_name, patch, fault) => expect(artifactFault({ ...own(), ...patch })).toMatch(fault))

it('images come in archives whose names k3s knows', () => {
  const tar = new Uint8Array(512)
  tar.set(text('ustar'), 257)
  expect(artifactFault(images('a.tar', tar))).toBeNull()
  expect(artifactFault(images('a.tar.gz', gzipSync('x')))).toBeNull()
  expect(artifactFault(images('a.tar.zst', new Uint8Array([0x28, 0xb5, 0x2f, 0xfd])))).toBeNull()
  expect(artifactFault(images('images', tar))).toMatch(/must end in/)
  expect(artifactFault(images('a.tar', text('node-1\n')))).toMatch(/no archive/)
})
