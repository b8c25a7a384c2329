import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as z from 'zod'
import { HealthSchema } from '@drover/protocol'
import { CliError } from '../cli-error.ts'
import { createClient } from '../client.ts'
import type { CliCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { type Profile, profilePath, writeProfile } from '../profile.ts'

const COORDINATOR = '/usr/local/bin/drover-coordinator'
const PATIENCE = 30_000
const AnswerSchema = z.object({ url: z.string(), pin: z.string(), key: z.string(), fingerprint: z.string(), token: z.string() })

const collect = (text: string, before: readonly string[]): readonly string[] => {
  const url = text.replace(/\/$/, '')
  const isGood = url.length <= 256 && /^https:\/\/(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?$/.test(url) && URL.canParse(url)
  if (!isGood) throw new CliError(2, `--advertise ${JSON.stringify(text.slice(0, 100))} is not an address such as https://10.0.0.1:8443`)
  return [...before, url]
}

/** `drover init --advertise URL…`: keys, first API token and profile, on the coordinator itself. */
export const init: CliCommand = (program, io) => {
  program
    .command('init')
    .description('set up the coordinator on this machine and this user\'s profile for it; safe to run again')
    .option('--advertise <url>', 'address under which the hosts reach this machine, https://ADDRESS:8443; may be repeated', collect, [])
    .option('--listen <address>', 'where to listen', '0.0.0.0:8443')
    .action(async (options: { advertise: readonly string[]; listen: string }) => {
      if (options.advertise.length === 0) throw new CliError(2, 'say under which address the hosts reach this machine: --advertise https://ADDRESS:8443')
      if (!existsSync(COORDINATOR)) throw new CliError(1, 'the coordinator is not installed on this machine', { remedy: 'Unpack the archive and run ./install-coordinator.sh first; on another machine use drover login.' })
      if (process.getuid?.() !== 0) throw new CliError(1, 'this needs root', { remedy: `Run it with sudo: sudo drover init --advertise ${options.advertise[0] ?? 'https://ADDRESS:8443'}` })
      const made = run(COORDINATOR, ['init', ...options.advertise.flatMap((url) => ['--advertise', url]), '--listen', options.listen])
      run('systemctl', ['restart', 'drover-coordinator'])
      const answer = AnswerSchema.parse(JSON.parse(made))
      await keep(io, answer)
    })
}

/** `drover login`: writes the profile from what `drover-coordinator recover` printed, on any machine. */
export const login: CliCommand = (program, io) => {
  program
    .command('login')
    .description('take the JSON that drover-coordinator init or recover printed from standard input and write the profile')
    .addHelpText('after', '\nExample: ssh root@coordinator drover-coordinator recover | drover login')
    .action(async () => {
      const answer = AnswerSchema.safeParse(jsonOf(await io.readInput()))
      if (!answer.success) throw new CliError(2, 'standard input is not what drover-coordinator init or recover prints')
      await keep(io, answer.data)
    })
}

const keep = async (io: Io, answer: z.infer<typeof AnswerSchema>): Promise<void> => {
  const profile: Profile = { version: 1, url: answer.url, pin: answer.pin, key: answer.key, token: answer.token }
  await awaitHealth(io, profile)
  writeProfile(profile)
  io.out(`The coordinator at ${answer.url} answers; its key is ${answer.fingerprint}.\nYour profile is ${profilePath()}.\n\nNext: make a line to paste on each host:\n  drover install-line --count 2\n`)
}

const awaitHealth = async (io: Io, profile: Profile): Promise<void> => {
  const began = io.now()
  for (;;) {
    try {
      await createClient(profile, io).call({ method: 'GET', path: '/api/v1/health', answer: HealthSchema })
      return
    } catch (error) {
      if (io.now() - began > PATIENCE) throw error
      await io.sleep(250)
    }
  }
}

const run = (command: string, args: readonly string[]): string => {
  const done = spawnSync(command, [...args], { encoding: 'utf8' })
  if (done.status === 0) return done.stdout
  throw new CliError(1, `${command} ${args[0] ?? ''} failed: ${done.error?.message ?? done.stderr.trim()}`)
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
