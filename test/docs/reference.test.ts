import { CLOSE, ClusterSpecSchema, DROVER, FRAME_MAGIC, HANDSHAKE_MAGIC, K3S, SUBPROTOCOL, TO_AGENT, TO_COORDINATOR } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { codeOf, readPage } from './pages.ts'

type Schema = { readonly properties?: Record<string, Schema>; readonly items?: Schema; readonly anyOf?: readonly Schema[]; readonly $defs?: Record<string, Schema> }

/** The fields of a JSON schema that hold no further named fields, as dotted paths; `[]` stands behind a list. Of a choice both: the field and those in it. */
const leavesOf = (schema: Schema, path = ''): readonly string[] => {
  const named = schema.anyOf?.find((one) => one.properties !== undefined)
  if (named !== undefined) return [path, ...leavesOf(named, path)]
  if (schema.properties !== undefined) return Object.entries(schema.properties).flatMap(([name, inner]) => leavesOf(inner, path === '' ? name : `${path}.${name}`))
  return schema.items?.properties === undefined ? [path] : leavesOf(schema.items, `${path}[]`)
}

/** The first cells of a page's tables that are one field. */
const fieldsOf = (path: string): readonly string[] => [...readPage(path).text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, field = '']) => field)

describe('the references', () => {
  it('the spec has exactly the fields of the schema', () => {
    // A schema with an id stands among the definitions, the root only refers to it.
    const whole = z.toJSONSchema(ClusterSpecSchema, { io: 'input' }) as Schema
    const schema = whole.$defs?.['ClusterSpec'] ?? whole
    expect(fieldsOf('docs/reference/spec.md').toSorted()).toEqual([...leavesOf(schema)].toSorted())
  })

  it('the files name what Drover keeps on a host, and where k3s has its own', () => {
    const text = readPage('docs/reference/files.md').text
    const own = Object.values(DROVER)
    const k3s = [K3S.binary, K3S.dropIn, K3S.serverToken, K3S.agentToken, K3S.data]
    expect([...own, ...k3s].filter((path) => !text.includes(path))).toEqual([])
  })

  it('the wire names every message, close code and beginning', () => {
    const page = readPage('docs/reference/wire.md')
    const codes = new Set(codeOf(page))
    const wanted = [...Object.keys(TO_AGENT), ...Object.keys(TO_COORDINATOR), ...Object.values(HANDSHAKE_MAGIC), FRAME_MAGIC, SUBPROTOCOL]
    expect(wanted.filter((name) => !codes.has(name))).toEqual([])
    expect(Object.values(CLOSE).filter((code) => !page.text.includes(String(code)))).toEqual([])
  })
})
