import * as z from 'zod'
import { SENTENCES } from './say/sentences.ts'

/** A code of the closed table of sentences. */
export type SaidCode = keyof typeof SENTENCES

const codes = Object.keys(SENTENCES) as [SaidCode, ...SaidCode[]]

/** An explanation as data: a code and its arguments; a sentence only at the edge. */
export const SaidSchema = z.strictObject({
  code: z.enum(codes),
  args: z.record(z.string(), z.union([z.string(), z.int()])),
})
/** See {@link SaidSchema}. */
export type Said = { readonly code: SaidCode; readonly args: Readonly<Record<string, string | number>> }

/** Builds an explanation. */
export const say = (code: SaidCode, args: Said['args'] = {}): Said => ({ code, args })

/** Fills the `{name}` places of a text; an argument that is missing shows as `?`. */
export const fill = (text: string, args: Said['args']): string => text.replaceAll(/\{(\w+)\}/g, (_, key: string) => String(args[key] ?? '?'))

/** The sentence for people. */
export const render = (said: Said): string => fill(SENTENCES[said.code], said.args)
