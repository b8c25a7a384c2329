import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle, mainOf, type Program } from './bundle.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'drover-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

const made = async (program: Program, contents: string): Promise<string> => {
  const outFile = join(folder, `${program}.${program === 'coordinator' ? 'mjs' : 'cjs'}`)
  const stdin = { contents, loader: 'ts' as const, resolveDir: mainOf(program).replace('/main.ts', '') }
  await bundle({ program, outFile, version: '9.8.7', stdin })
  return outFile
}

describe('an agent bundle', () => {
  let file = ''
  beforeAll(async () => {
    file = await made(
      'agent',
      `import { env } from 'node:process'
       import { WebSocket } from 'ws'
       import * as z from 'zod'
       const main = async (): Promise<void> => {
         const cron = await import('node-cron')
         const si = await import('systeminformation')
         const parsed: unknown = z.strictObject({ a: z.int() }).parse({ a: 1 })
         console.log(JSON.stringify([typeof WebSocket, cron.validate('* * * * *'), typeof si.cpu, parsed, process.env['DROVER_VERSION'], env['DROVER_VERSION']]))
       }
       void main()`,
    )
  })

  test('runs alone, with its version inside', async () => {
    const { stdout } = await run(process.execPath, [file], { cwd: folder })
    expect(JSON.parse(stdout)).toEqual(['function', true, 'function', { a: 1 }, '9.8.7', '9.8.7'])
  })

  test('runs under --lite-mode', async () => {
    const { stdout } = await run(process.execPath, ['--lite-mode', file], { cwd: folder })
    expect(stdout).toContain('9.8.7')
  })

  test('leaves out what its children run', async () => {
    const [agent, children] = [join(folder, 'whole-agent.cjs'), join(folder, 'children.cjs')]
    await bundle({ program: 'agent', outFile: agent, version: '9.8.7' })
    await bundle({ program: 'children', outFile: children, version: '9.8.7' })
    for (const text of ['usage: run-step', 'crypto_secretbox', 'dmidecode']) {
      expect(readFileSync(agent, 'utf8')).not.toContain(text)
      expect(readFileSync(children, 'utf8')).toContain(text)
    }
    await expect(run(process.execPath, [children, 'run-step'])).rejects.toThrow('usage: run-step ORDER-ID ATTEMPT')
    await expect(run(process.execPath, [children, 'inventory', 'nothing'])).rejects.toThrow('no section is called "nothing"')
  })

  test('asks for no native add-on', () => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/require\(["'](bufferutil|utf-8-validate)["']\)/)
  })
})

test('a coordinator bundle opens SQLite by the binding that lies beside it', async () => {
  const file = await made(
    'coordinator',
    `import 'reflect-metadata'
     import { X509Certificate } from '@peculiar/x509'
     import Database from 'better-sqlite3'
     import fastify from 'fastify'
     import { pino } from 'pino'
     const app = fastify({ loggerInstance: pino({ level: 'silent' }) })
     app.get('/', () => ({ sqlite: new Database(':memory:', { nativeBinding: process.argv[2] }).prepare('select 1 as one').get(), x509: typeof X509Certificate }))
     console.log((await app.inject('/')).body)`,
  )
  const binding = join(mainOf('coordinator'), `../../node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`)
  const { stdout } = await run(process.execPath, [file, binding], { cwd: folder })
  expect(JSON.parse(stdout)).toEqual({ sqlite: { one: 1 }, x509: 'function' })
})

test('a CLI bundle runs alone', async () => {
  const file = await made(
    'cli',
    `import { Command } from 'commander'
     import { parse } from 'yaml'
     const main = async (): Promise<void> => {
       const { Listr } = await import('listr2')
       const clack = await import('@clack/prompts')
       const { default: width } = await import('string-width')
       console.log(JSON.stringify([new Command('drover').name(), parse('a: 1'), typeof Listr, typeof clack.confirm, width('日本')]))
     }
     void main()`,
  )
  const { stdout } = await run(process.execPath, [file], { cwd: folder })
  expect(JSON.parse(stdout)).toEqual(['drover', { a: 1 }, 'function', 'function', 4])
  expect(statSync(file).size).toBeLessThan(1_000_000)
})
