import { expect } from 'vitest'
import type { Host } from '../../../lab/host.ts'
import { memberOf, readMembers, voter } from '../etcd-members.ts'
import { configureMember, type EtcdChapter, type EtcdFact, type EtcdSite } from '../etcd-site.ts'
import { inOrder } from '../in-order.ts'
import { writeConfig } from '../install.ts'
import { saveSnapshot } from '../save-snapshot.ts'
import { cleanSlate, tryK3s } from '../trial.ts'
import { until } from '../until.ts'

const LIMIT = 180_000
const SERVER = '/var/lib/rancher/k3s/server'
const KEPT = '/root/kept.db'

const prepare = async ({ first }: EtcdSite): Promise<void> => {
  await cleanSlate(first)
  await configureMember(first, 'cluster-init: true')
  await first.must('systemctl start k3s', { timeoutMs: LIMIT })
  await first.must('kubectl create configmap contract-kept -n default --from-literal=a=b')
  await saveSnapshot(first, KEPT)
  await first.must('kubectl delete configmap contract-kept -n default')
  await first.must(`cp ${SERVER}/db/etcd/name /root/name-before; systemctl stop k3s`)
}

const reset = (host: Host, more: string) => tryK3s(host, { words: `server --cluster-reset ${more}`, until: 'its end' })
const restorePath = (path: string): string => `--cluster-reset-restore-path=${path}`

const refusals: EtcdFact = {
  name: 'a reset refuses a server to join, a path that is not there and a snapshot that is cut short, each with exit code 1',
  check: async ({ first }) => {
    const told = async (more: string): Promise<string> => {
      const { code, text } = await reset(first, more)
      expect(code).toBe(1)
      return text
    }
    expect(await told('--server=https://192.0.2.1:6443')).toContain('cannot perform cluster-reset while server URL is set - remove server from configuration before resetting')
    expect(await told(restorePath('/nosuch'))).toContain('etcd: snapshot path does not exist: /nosuch')
    await first.must(`head -c 20001 ${KEPT} > /root/cut.db`)
    expect(await told(restorePath('/root/cut.db'))).toMatch(/level=fatal.*snapshot missing hash/)
    expect((await tryK3s(first, { words: `server ${restorePath(KEPT)}`, until: 'its end' })).text).toContain('invalid flag use; --cluster-reset required with --cluster-reset-restore-path')
  },
}

const WORDS = ['Starting etcd for new cluster, cluster-reset=true', 'Cluster reset: backing up certificates directory to', 'Managed etcd cluster membership has been reset, restart without --cluster-reset flag now']

const restored: EtcdFact = {
  name: 'with a snapshot it makes a cluster of one on a bare folder and ends with exit code 0; an empty --server= wins over server: of config.yaml',
  check: async ({ first }) => {
    await first.must(`rm -rf ${SERVER}/db.aside; mv ${SERVER}/db ${SERVER}/db.aside`)
    await configureMember(first, 'server: https://192.0.2.1:6443')
    const { code, text } = await reset(first, `--server= ${restorePath(KEPT)}`)
    expect(code).toBe(0)
    expect(WORDS.filter((words) => text.includes(words))).toEqual(WORDS)
    await first.must(`test -f ${SERVER}/db/reset-flag && test -d ${SERVER}/db/etcd/member/wal && ls -d ${SERVER}/db/etcd-old-* ${SERVER}/tls-[0-9]*`)
    expect(await first.must(`cat ${SERVER}/db/etcd/name`)).not.toBe(await first.must('cat /root/name-before'))
  },
}

const again: EtcdFact = {
  name: 'without a snapshot it refuses to do so a second time',
  check: async ({ first }) => {
    const { code, text } = await reset(first, '--server=')
    expect(code).toBe(1)
    expect(text).toContain('Managed etcd cluster membership was previously reset, please remove the cluster-reset flag and start k3s normally')
  },
}

const goesOn: EtcdFact = {
  name: 'the next start goes on as the only member with what the snapshot holds, whatever server: names, and takes the flag away',
  check: async ({ first }) => {
    await first.must('systemctl start k3s', { timeoutMs: LIMIT })
    await voter(first, first)
    expect(await readMembers(first)).toHaveLength(1)
    expect(memberOf(await readMembers(first), first)?.peerURLs).toEqual([`https://${first.address}:2380`])
    await until('the config map', async () => (await first.exec(['kubectl', 'get', 'configmap', 'contract-kept', '-n', 'default'])).code === 0)
    await until('the flag is gone', async () => (await first.exec(['test', '-e', `${SERVER}/db/reset-flag`])).code === 1)
  },
}

const otherToken: EtcdFact = {
  name: 'a snapshot that another token opens is refused',
  check: async ({ first }) => {
    await first.must(`systemctl stop k3s; rm -rf ${SERVER}/db`)
    await writeConfig(first, 'server-token', 'another-secret\n')
    const { code, text } = await reset(first, `--server= ${restorePath(KEPT)}`)
    expect(code).toBe(1)
    expect(inOrder(text, ['encrypted with different token'])).toHaveLength(1)
  },
}

/** How a cluster goes back to a snapshot. */
export const clusterReset: EtcdChapter = { title: 'a cluster that goes back to a snapshot', prepare, facts: [refusals, restored, again, goesOn, otherToken] }
