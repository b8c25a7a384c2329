import { expect } from 'vitest'
import type { Host } from '../../../lab/host.ts'
import { aloneConfig, unitText, writeConfig } from '../install.ts'
import { inOrder } from '../in-order.ts'
import type { Chapter, Fact, Site } from '../site.ts'
import { cleanSlate, journalOf } from '../trial.ts'
import { until } from '../until.ts'

const active = async (host: Host): Promise<boolean> => (await host.exec(['systemctl', 'is-active', 'k3s'])).stdout === 'active\n'

/** What the newest start of the unit has said. */
const lastStart = async (host: Host): Promise<string> => (await journalOf(host, 'k3s')).split('Starting k3s.service').at(-1) ?? ''

/** A first start that dies after the datastore and the authorities are made and before the bootstrap data is saved. */
async function cutShort({ subject, spare }: Site): Promise<void> {
  await cleanSlate(spare)
  await writeConfig(spare, 'config.yaml', `${aloneConfig(spare)}token: spare-secret\n`)
  await spare.writeFile('/etc/systemd/system/k3s.service', unitText('server').replace('Restart=always', 'Restart=no'))
  if (subject.kind === 'stand-in') await spare.writeFile('/etc/k3s-double.json', '{"dieAt":"before-bootstrap-save","dieAlways":true}')
  await spare.must('systemctl daemon-reload && systemctl start --no-block k3s')
  if (subject.kind === 'k3s') await until('the authorities', async () => (await spare.sh('test -s /var/lib/rancher/k3s/server/tls/client-admin.crt && systemctl kill -s KILL k3s')).code === 0)
  await until('its end', async () => (await spare.exec(['systemctl', 'is-failed', 'k3s'])).stdout === 'failed\n')
  expect(await lastStart(spare)).not.toContain('Saving cluster bootstrap data')
  if (subject.kind === 'stand-in') await spare.writeFile('/etc/k3s-double.json', '{"lockWaitMs":500}')
}

const waits: Fact = {
  name: 'cut short on SQLite: the next start waits for the lock it left, takes it over and comes up',
  check: async (site) => {
    await cutShort(site)
    await site.spare.must('systemctl start --no-block k3s')
    await until('the server is up', () => active(site.spare), 90_000)
    const text = await lastStart(site.spare)
    expect(text).toContain('msg="Bootstrap key is locked - waiting for data to be populated by another server"')
    expect(text).toContain('msg="Bootstrap key lock timed out - deleting lock and retrying"')
  },
}

const setAside: Fact = {
  name: 'cut short: with server/db and server/tls set aside the next start is a first one',
  check: async (site) => {
    await cutShort(site)
    await site.spare.must('cd /var/lib/rancher/k3s/server && mv db db-aside && mv tls tls-aside && systemctl start k3s')
    expect(await active(site.spare)).toBe(true)
    expect(await lastStart(site.spare)).toContain('Bootstrap key locked for initial create')
    expect(await lastStart(site.spare)).toContain('generated self-signed CA certificate CN=k3s-server-ca@')
  },
}

const copyIsEnough: Fact = {
  name: 'state.db and the token are enough: on a bare server folder the same authorities come back',
  check: async ({ spare }) => {
    const before = await spare.must('cat /var/lib/rancher/k3s/server/token')
    await spare.must('systemctl stop k3s && cd /var/lib/rancher/k3s && mv server aside && mkdir -p -m 700 server/db && cp aside/db/state.db* server/db/ && systemctl start k3s')
    expect(await spare.must('cat /var/lib/rancher/k3s/server/token')).toBe(before)
    await spare.must('rm -rf /var/lib/rancher/k3s/aside')
  },
}

const otherToken: Fact = {
  name: 'a datastore of another token: exit code 1, and nothing is lost by correcting it',
  check: async ({ spare }) => {
    await spare.must("systemctl stop k3s && sed -i 's/spare-secret/other-secret/' /etc/rancher/k3s/config.yaml")
    const result = await spare.exec(['systemctl', 'start', 'k3s'])
    expect(result.code).not.toBe(0)
    expect(await spare.must('systemctl show k3s -p ExecMainStatus')).toBe('ExecMainStatus=1\n')
    expect(await journalOf(spare, 'k3s')).toContain('level=fatal msg="Error: preparing server: failed to bootstrap cluster data: bootstrap data already found and encrypted with different token"')
    await spare.must("sed -i 's/other-secret/spare-secret/' /etc/rancher/k3s/config.yaml && systemctl start k3s")
    expect(await active(spare)).toBe(true)
  },
}

const kernel: Fact = {
  name: 'protect-kernel-defaults with another kernel value: a server is up first, then it ends with exit code 1 and names the value',
  check: async ({ spare }) => {
    await spare.must("systemctl stop k3s && echo 'protect-kernel-defaults: true' >>/etc/rancher/k3s/config.yaml")
    await spare.must('echo 0 >/run/other && mount --bind /run/other /proc/sys/kernel/panic && systemctl start --no-block k3s')
    try {
      await until('the refusal', async () => /invalid kernel flag: kernel\/panic, expected value: 10, actual value: 0/.test(await journalOf(spare, 'k3s')))
      await until('its end', async () => (await spare.exec(['systemctl', 'is-failed', 'k3s'])).stdout === 'failed\n')
      expect(await spare.must('systemctl show k3s -p ExecMainStatus')).toBe('ExecMainStatus=1\n')
      expect(inOrder(await lastStart(spare), ['k3s is up and running', 'invalid kernel flag'])).toHaveLength(2)
    } finally {
      await spare.must('systemctl stop k3s || :; umount /proc/sys/kernel/panic')
    }
  },
}

const portUsed: Fact = {
  name: 'port 6443 is taken: exit code 1, before anything is saved',
  check: async ({ spare }) => {
    await spare.must("sed -i '/protect-kernel-defaults/d' /etc/rancher/k3s/config.yaml; rm -rf /var/lib/rancher/k3s/server")
    await spare.must('systemd-run -q --unit=squatter --socket-property=ListenStream=6443 /bin/true')
    try {
      const result = await spare.exec(['systemctl', 'start', 'k3s'])
      expect(result.code).not.toBe(0)
      expect(await lastStart(spare)).toContain(
        'level=fatal msg="Error: preparing server: failed to start supervisor listener: listen tcp :6443: bind: address already in use"',
      )
    } finally {
      await spare.must('systemctl stop squatter.socket')
    }
  },
}

/** Starts that were cut short, and datastores that outlive their server folder. */
export const firstStart: Chapter = { title: 'starts that went wrong', facts: [waits, setAside, copyIsEnough, otherToken, kernel, portUsed] }
