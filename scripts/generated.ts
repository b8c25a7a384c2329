// Writes a generated file, or with --check compares it with the one that is committed and exits 1 where they differ.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Writes `text` to a path of the repository, or checks that it is there already; `script` is what makes it. */
export const writeGenerated = (path: string, text: string, script: string): void => {
  const file = `${root}${path}`
  const isSame = existsSync(file) && readFileSync(file, 'utf8') === text
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true })
    if (!isSame) writeFileSync(file, text)
    return
  }
  if (isSame) return
  console.error(`${relative(process.cwd(), file)} is not what the code says: run node ${script}`)
  process.exitCode = 1
}
