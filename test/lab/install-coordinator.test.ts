import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleAll } from '../../scripts/bundle/bundle.ts'
import { makePackages } from '../../scripts/package/make-packages.ts'
import { ownArch } from '../../scripts/package/runtime.ts'
import type { Host } from './host.ts'
import { openLab, type Lab } from './lab.ts'
import { skipOrFail } from './skip-or-fail.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const arch = ownArch()
const DATA = '/var/lib/drover-coordinator'

describe.skipIf(skipOrFail())('the archive of coordinator and CLI on a real host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-coordinator-'))
  let lab: Lab
  let host: Host
  let untouched = ''

  const install = (version: string, more = '') => host.sh(`/root/drover-${version}-linux-${arch}/install-coordinator.sh ${more}`)
  const traces = (): Promise<string> =>
    host.must('find /opt /usr/local /etc/systemd/system /var/lib/drover* -printf "%p %m %u\\n" 2>/dev/null | sort; getent passwd drover || true')
  const pid = (): Promise<string> => host.must('systemctl show -p MainPID --value drover-coordinator')
  const answers = (path: string) => host.sh(`for i in $(seq 100); do curl -fsk https://127.0.0.1:8443${path} && exit; sleep 0.1; done; exit 1`)

  const unpack = async (version: string): Promise<void> => {
    const programs = await bundleAll(join(folder, version), version)
    const places = { root, cache: join(root, 'node_modules/.cache/drover-package') }
    const { archives } = await makePackages({ places, out: join(folder, version), version, arches: [arch], fast: true, programs, say: () => undefined })
    await host.writeFile('/root/archive.tar.gz', readFileSync(archives.get(arch) ?? ''))
    await host.must('tar -xzf archive.tar.gz && rm archive.tar.gz')
  }

  beforeAll(async () => {
    lab = await openLab({ name: `coordinator-${String(process.pid)}`, hosts: [{ name: 'host' }] })
    host = lab.host('host')
    untouched = await traces()
    await unpack('1.0.0')
  })

  afterAll(async () => {
    await lab.close()
    rmSync(folder, { recursive: true })
  })

  test('an archive that is not whole, or for another machine, is refused before anything is changed', async () => {
    await host.must(`cp -r drover-1.0.0-linux-${arch} drover-0.0.0-linux-${arch}; cd drover-0.0.0-linux-${arch}; rm drover.cjs; printf '#!/bin/sh\\nexit 1\\n' >node`)
    const { code, stderr } = await install('0.0.0')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/drover\.cjs is missing[^]*does not start here/)])
    expect(await traces()).toBe(untouched)
  })

  test('it installs, says the next command, and waits for it without failing', async () => {
    const { code, stdout, stderr } = await install('1.0.0')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`sudo drover init --advertise https://${host.address}:8443`)
    expect(await host.must(`stat -c '%a %U' ${DATA}; systemctl is-enabled drover-coordinator; systemctl is-failed drover-coordinator || true`)).toBe('700 drover\nenabled\ninactive\n')
    expect(await host.must('drover-coordinator --version; drover --version')).toBe('1.0.0\n1.0.0\n')
  })

  test('once it has keys and settings it serves, as its own user, the installer with its own agents and pin', async () => {
    const answer = JSON.parse(await host.must(`drover-coordinator init --advertise https://${host.address}:8443`)) as { pin: string }
    await host.must('systemctl start drover-coordinator')
    const { stdout } = await answers('/install.sh')
    expect(stdout).toContain(`PIN='${answer.pin}'`)
    const [, sha256, size] = new RegExp(`^BUNDLES='${arch} gz ([0-9a-f]{64}) ([0-9]+)'`, 'm').exec(stdout) ?? []
    expect(await host.must(`curl -fsk https://127.0.0.1:8443/artifacts/sha256/${sha256 ?? ''} | tee /tmp/agent | sha256sum | cut -c1-64; stat -c %s /tmp/agent`)).toBe(`${sha256 ?? ''}\n${size ?? ''}\n`)
    expect(await host.must(`find ${DATA} ! -user drover; ps -o user= -p $(systemctl show -p MainPID --value drover-coordinator)`)).toBe('drover\n')
  })

  test('its sandbox is tight', async () => {
    const { stdout } = await host.sh('systemd-analyze security drover-coordinator.service --no-pager | tail -n 1')
    expect(Number(/: ([\d.]+) /.exec(stdout)?.[1])).toBeLessThanOrEqual(1.7)
  })

  test('a second run changes nothing and lets it run', async () => {
    const before = [await pid(), await host.must('readlink /opt/drover-coordinator/current; ls /opt/drover-coordinator/releases')]
    expect((await install('1.0.0')).code).toBe(0)
    expect([await pid(), await host.must('readlink /opt/drover-coordinator/current; ls /opt/drover-coordinator/releases')]).toEqual(before)
  })

  test('an upgrade keeps the data, with a backup of the database before', async () => {
    await unpack('1.1.0')
    const keys = await host.must(`cat ${DATA}/keys/* | sha256sum`)
    const { code, stdout } = await install('1.1.0')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/1\.0\.0 will be replaced by 1\.1\.0[^]*Backup of the database: [^]*runs\.\n/)])
    const [, backup = ''] = /database: (.*)\n/.exec(stdout) ?? []
    expect(await host.must(`head -c 15 ${backup}; echo; stat -c '%a %U' ${backup}`)).toBe('SQLite format 3\n600 drover\n')
    expect(await host.must(`cat ${DATA}/keys/* | sha256sum`)).toBe(keys)
    expect((await answers('/install.sh')).stdout).toContain("VERSION='1.1.0'")
    expect(await host.must('ls /opt/drover-coordinator/releases | cut -d- -f1')).toBe('1.0.0\n1.1.0\n')
  })

  test('a release that does not stay up is told, with the backup and the way back, which works', async () => {
    await host.must(`cp -r drover-1.1.0-linux-${arch} drover-2.0.0-linux-${arch}; cd drover-2.0.0-linux-${arch}; echo 2.0.0 >VERSION; echo 'console.error("cannot go on"); process.exit(1)' >coordinator.mjs`)
    const { code, stderr } = await install('2.0.0')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot go on[^]*as it was before[^]*releases\/1\.1\.0-/)])
    await host.must('/opt/drover-coordinator/releases/1.1.0-*/install-coordinator.sh')
    expect((await answers('/install.sh')).stdout).toContain("VERSION='1.1.0'")
  })

  test('--uninstall keeps the data, a new installation goes on with it, and --purge leaves nothing', async () => {
    expect((await install('1.1.0', '--uninstall')).stdout).toContain(`Kept: ${DATA}`)
    expect(await host.must(`ls /opt /usr/local/bin; ls ${DATA}/drover.db; systemctl is-active drover-coordinator || true`)).toBe(`/opt:\n\n/usr/local/bin:\n${DATA}/drover.db\ninactive\n`)
    expect((await install('1.1.0')).stdout).toContain('runs.')
    expect((await answers('/install.sh')).code).toBe(0)
    expect((await install('1.1.0', '--uninstall --purge')).code).toBe(0)
    expect(await traces()).toBe(untouched)
  })
})
