import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { run, runOrThrow } from './command.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { leftoversOf, tearDown } from './teardown.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const name = `test-crash-${process.pid}`
const command = (...words: string[]) => run([process.execPath, main, ...words, '--lab', name], { timeoutMs: 240_000 })
const cut = (...words: string[]) => spawn(process.execPath, [main, 'up', ...words, '--lab', name], { stdio: 'ignore' })

describe.skipIf(skipOrFail())('npm run lab', () => {
  afterEach(() => tearDown(name))

  it('comes up again after a kill -9 of the first, and goes down without leaving anything', async () => {
    const first = cut('2')
    // killed while its hosts boot: there are processes in them, and it has not said that it is up
    while (leftoversOf(name).processes.length < 8) await delay(10)
    first.kill('SIGKILL')
    await once(first, 'close')
    expect(leftoversOf(name).processes.length).toBeGreaterThan(0)
    expect((await command('up', '2')).stdout).toMatch(/2 hosts up in/)
    expect((await command('up', '2')).stderr).toMatch(/up already/)
    const down = await command('down')
    expect(down.stdout).toMatch(/left behind: 0 processes, 0 mounts, 0 control groups, 0 folders\n$/)
    expect(down.code).toBe(0)
  })

  it('lists, runs a command with its exit code, cuts the power and boots', async () => {
    await command('up', '1')
    const listed: unknown = JSON.parse((await command('list', '-o', 'json')).stdout)
    expect(listed).toMatchObject([{ name: 'node-1', address: '10.0.0.11', state: 'on' }])
    const ran = await run([process.execPath, main, '--lab', name, 'exec', 'node-1', 'sh', '-c', 'hostname; exit 3'])
    expect(ran).toMatchObject({ code: 3, stdout: 'node-1\n' })
    expect((await command('power-cut', 'node-1')).code).toBe(0)
    expect((await command('list')).stdout).toMatch(/^node-1 .* off /)
    expect((await command('boot', 'node-1')).stdout).toMatch(/booted in \d+ ms/)
    expect((await command('down')).code).toBe(0)
    expect((await command('list')).stderr).toContain('there is no lab')
  })

  it('says what it wants of the one who asks', async () => {
    expect(await command('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('power-cut HOST') as string })
    expect((await command('fly')).code).toBe(2)
    expect((await command('up', 'many')).code).toBe(2)
    expect((await command('up', '--nonsense')).code).toBe(2)
  })
})

describe.skipIf(skipOrFail())('the kernel values without a namespace', () => {
  afterEach(() => tearDown(name))

  it('are put back when the last lab goes, also when a host wrote them', async () => {
    const values = () => runOrThrow(['cat', ...['fs/inotify/max_user_instances', 'kernel/panic'].map((key) => `/proc/sys/${key}`)])
    const isAlone = async () => (await command('status')).stdout.includes('machine: none')
    const alone = await isAlone()
    const before = await values()
    await command('up', '1')
    await run([process.execPath, main, '--lab', name, 'exec', 'node-1', 'sh', '-c', 'echo 11 >/proc/sys/kernel/panic'])
    expect(await values()).toMatch(/^8192\n11\n$/)
    await command('down')
    // another lab that runs on this machine has them in its hands, before or now
    const held = alone && (await isAlone()) ? await values() : before
    expect(held).toBe(before)
  })
})
