import type { ForAgent, FromAgent } from '@drover/protocol'
import { scrub } from '../core/scrub.ts'
import type { HostReader } from '../host/host.ts'

/** Room for lines in one chunk, in bytes of JSON; a chunk may have 32 KiB. */
const CHUNK = 24_000
const LINE = 2_000

/** The last lines of a unit's journal, with secrets masked, in chunks that fit a frame; the last one says so. */
export const readLogs = async (host: Pick<HostReader, 'read'>, asked: ForAgent<'logs.read'>): Promise<readonly FromAgent<'logs.chunk'>[]> => {
  const args = ['-u', `${asked.unit}.service`, '-n', String(asked.lines), '-o', 'short-iso', '--no-pager', '-q']
  const { stdout, stderr, code } = await host.read('journalctl', args)
  const text = scrub(code === 0 ? stdout : stderr, [])
  const lines = text.split('\n').filter((line) => line !== '').slice(-asked.lines)
  return chunksOf(lines.map((line) => line.slice(0, LINE))).map((part, index, all) => ({
    re: asked.id,
    lines: [...part],
    end: index === all.length - 1,
  }))
}

const chunksOf = (lines: readonly string[]): readonly (readonly string[])[] => {
  const chunks: string[][] = [[]]
  let size = 0
  for (const line of lines) {
    const bytes = Buffer.byteLength(JSON.stringify(line)) + 1
    if (size + bytes > CHUNK && size > 0) {
      chunks.push([])
      size = 0
    }
    chunks.at(-1)?.push(line)
    size += bytes
  }
  return chunks
}
