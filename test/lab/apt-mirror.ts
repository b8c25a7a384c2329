import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Source {
  readonly types: string[]
  readonly uris: string[]
  readonly suites: string[]
}

/** The Debian mirror that this machine's own apt uses for a suite; `DROVER_LAB_MIRROR` names another one. */
export function aptMirror(suite: string, etcApt = '/etc/apt'): string {
  const named = process.env['DROVER_LAB_MIRROR']
  if (named !== undefined && named !== '') return named
  const found = aptSources(etcApt)
    .filter((source) => source.types.includes('deb') && source.suites.includes(suite))
    .flatMap((source) => source.uris)
    .find((uri) => /^(https?|file):/.test(uri))
  if (found === undefined) {
    throw new Error(`no apt source of this machine has the suite ${suite}: set DROVER_LAB_MIRROR to a Debian mirror`)
  }
  return found
}

function aptSources(etcApt: string): Source[] {
  const folder = join(etcApt, 'sources.list.d')
  const listed = existsSync(folder) ? readdirSync(folder).sort().map((name) => join(folder, name)) : []
  return [join(etcApt, 'sources.list'), ...listed].filter((path) => existsSync(path)).flatMap(readSources)
}

function readSources(path: string): Source[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter((line) => !line.trimStart().startsWith('#'))
  if (path.endsWith('.list')) return lines.flatMap(oneLineSource)
  if (path.endsWith('.sources')) return lines.join('\n').split(/\n\s*\n/).flatMap(stanzaSource)
  return []
}

// `deb [options] URI SUITE COMPONENT…`, see sources.list(5)
function oneLineSource(line: string): Source[] {
  const [type, uri, suite] = line.replaceAll(/\[[^\]]*\]/g, ' ').trim().split(/\s+/)
  return type !== undefined && uri !== undefined && suite !== undefined
    ? [{ types: [type], uris: [uri], suites: [suite] }]
    : []
}

// the deb822 form: `Types:`, `URIs:`, `Suites:`, continued lines begin with a space
function stanzaSource(stanza: string): Source[] {
  const fields = new Map<string, string[]>()
  for (const line of stanza.replaceAll(/\n[ \t]+/g, ' ').split('\n')) {
    const [, key, value] = /^([A-Za-z-]+):(.*)$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) fields.set(key.toLowerCase(), value.trim().split(/\s+/))
  }
  if (fields.get('enabled')?.[0] === 'no') return []
  const of = (key: string): string[] => fields.get(key) ?? []
  return [{ types: of('types'), uris: of('uris'), suites: of('suites') }]
}
