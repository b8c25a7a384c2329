import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { dial } from './dial.ts'

test('a port is open, refused, or not reached', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  expect(await dial({ ip: '127.0.0.1', port })).toMatchObject({ outcome: 'open', connectUs: expect.any(Number) as number })
  server.close()
  expect(await dial({ ip: '127.0.0.1', port: 1 })).toMatchObject({ outcome: 'refused' })
  expect(await dial({ ip: '255.255.255.255', port: 1 })).toEqual({ outcome: 'unreachable', connectUs: null })
})
