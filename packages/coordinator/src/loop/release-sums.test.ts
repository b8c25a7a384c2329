import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createReleaseSums, type ReleaseSums } from './release-sums.ts'

const held = {} as { server: Server; asked: string[]; answer: number | null; now: number; sums: ReleaseSums; base: string }
beforeEach(async () => {
  Object.assign(held, { asked: [], answer: 200, now: 0 })
  held.server = createServer((request, response) => {
    held.asked.push(request.url ?? '')
    if (held.answer !== null) response.writeHead(held.answer).end('sums')
  })
  await new Promise<void>((resolve) => void held.server.listen(0, '127.0.0.1', resolve))
  held.base = `http://127.0.0.1:${String((held.server.address() as AddressInfo).port)}/mirror/`
  held.sums = createReleaseSums({ base: held.base, now: () => held.now, limitMs: 30_000 })
})
afterEach(async () => {
  held.server.closeAllConnections()
  await new Promise((resolve) => void held.server.close(resolve))
})

const read = (): ReturnType<ReleaseSums['read']> => held.sums.read('v1.36.2+k3s1', 'amd64')

it('reads the list of the mirror that was named, once', async () => {
  expect((await Promise.all([read(), read()])).map(({ text }) => text)).toEqual(['sums', 'sums'])
  held.now = 1_000_000
  expect(await read()).toMatchObject({ text: 'sums', failure: null })
  expect(held.asked).toEqual(['/mirror/v1.36.2%2Bk3s1/sha256sum-amd64.txt'])
})

it('gives up on what does not answer, and says so', async () => {
  held.answer = null
  held.sums = createReleaseSums({ base: held.base, now: () => held.now, limitMs: 50 })
  expect(await read()).toMatchObject({ url: expect.stringContaining('/mirror/v1.36.2%2Bk3s1/') as string, text: null, failure: 'no answer within 0.05 s' })
})

it('does not ask again for a while after a failure, then does', async () => {
  held.answer = 404
  expect(await read()).toMatchObject({ text: null, failure: 'it answers 404' })
  held.answer = 200
  held.now = 30_000
  expect(await read()).toMatchObject({ failure: 'it answers 404' })
  held.now = 30_001
  expect(await read()).toMatchObject({ text: 'sums' })
  expect(held.asked).toHaveLength(2)
})
