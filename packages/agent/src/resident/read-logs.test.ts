import { TO_COORDINATOR } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { readLogs } from './read-logs.ts'

const hostSaying = (stdout: string, code = 0, stderr = '') => {
  const asked: (readonly string[])[] = []
  const read = async (_tool: string, args: readonly string[]) => {
    asked.push(args)
    return { code, stdout, stderr, timedOut: false }
  }
  return { asked, read }
}

describe('readLogs', () => {
  it('asks journalctl for the unit and masks what looks like a secret', async () => {
    const host = hostSaying(`one token=K10${'a'.repeat(64)}::server:verysecret\ntwo\n`)
    const chunks = await readLogs(host, { id: 'q', unit: 'k3s', lines: 10 })
    expect(host.asked).toEqual([['-u', 'k3s.service', '-n', '10', '-o', 'short-iso', '--no-pager', '-q']])
    expect(chunks).toEqual([{ re: 'q', lines: [expect.not.stringContaining('verysecret') as string, 'two'], end: true }])
  })

  it('cuts long logs into chunks that fit a frame; the last one says so', async () => {
    const text = Array.from({ length: 500 }, (_, index) => `${String(index)} ${'ü"'.repeat(200)}`).join('\n')
    const chunks = await readLogs(hostSaying(text), { id: 'q', unit: 'drover-agent', lines: 1000 })
    expect(chunks.map((chunk) => chunk.end)).toEqual([...chunks.slice(1).map(() => false), true])
    expect(chunks.flatMap((chunk) => chunk.lines).length).toBe(500)
    for (const chunk of chunks) {
      expect(Buffer.byteLength(JSON.stringify(chunk))).toBeLessThan(32_768)
      expect(TO_COORDINATOR['logs.chunk'].safeParse(chunk).success).toBe(true)
    }
  })

  it('gives no more lines than asked for, none longer than a chunk may hold, and what journalctl complains of', async () => {
    const [chunk] = await readLogs(hostSaying(`${'x'.repeat(9000)}\nlast\n`), { id: 'q', unit: 'k3s', lines: 1 })
    expect(chunk?.lines).toEqual(['last'])
    expect((await readLogs(hostSaying('x'.repeat(9000)), { id: 'q', unit: 'k3s', lines: 1 }))[0]?.lines[0]?.length).toBe(2000)
    expect((await readLogs(hostSaying('', 1, 'No journal files were found.'), { id: 'q', unit: 'k3s', lines: 1 }))[0]?.lines).toEqual(['No journal files were found.'])
    expect(await readLogs(hostSaying(''), { id: 'q', unit: 'k3s', lines: 1 })).toEqual([{ re: 'q', lines: [], end: true }])
  })
})
