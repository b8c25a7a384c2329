import { readFileSync, statSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { ClusterNameSchema } from '@drover/protocol'
import { CliError } from './cli-error.ts'
import type { Io } from './io.ts'

const LARGEST = 262_144

/** A spec's text and the cluster that it names; `-` reads standard input. The coordinator judges the rest, a name that is missing or wrong too. */
export const readSpec = async (io: Io, file: string): Promise<{ readonly text: string; readonly cluster: string }> => {
  const text = file === '-' ? await io.readInput() : readFile(file)
  if (text.trim() === '') throw new CliError(2, `${file === '-' ? 'standard input' : file} is empty`)
  const doc = parseDocument(text, { merge: false, prettyErrors: false, logLevel: 'silent' })
  const named = ClusterNameSchema.safeParse(doc.errors.length > 0 ? undefined : doc.get('cluster'))
  return { text, cluster: named.success ? named.data : 'unnamed' }
}

const readFile = (file: string): string => {
  try {
    const about = statSync(file)
    if (!about.isFile()) throw new CliError(2, `${file} is not a file`)
    if (about.size > LARGEST) throw new CliError(2, `${file} has ${String(about.size)} bytes; a spec has 256 KiB at most`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(2, `cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
}
