import { expect } from 'vitest'
import { memberOf, readMembers, voter } from '../etcd-members.ts'
import { activeState, type EtcdChapter, type EtcdFact } from '../etcd-site.ts'
import { until } from '../until.ts'

const LIMIT = 180_000
const FOLDER = '/var/lib/rancher/k3s/server/db/etcd'

const removed: EtcdFact = {
  name: 'the Node of a running server is deleted: its member is gone, its etcd says so and leaves a tombstone, its unit stays active',
  check: async ({ first, third }) => {
    expect(await first.must(`kubectl delete node ${third.name}`)).toMatch(/deleted/)
    await until('the member is gone', async () => memberOf(await readMembers(first), third) === undefined, LIMIT)
    const words = 'msg="This node has been removed from the cluster - please restart k3s to rejoin the cluster"'
    await until('the words', async () => (await third.journal('k3s')).includes(words), LIMIT)
    await third.must(`test -f ${FOLDER}/tombstone`)
    expect(await activeState(third)).toBe('active')
  },
}

const rejoined: EtcdFact = {
  name: 'started again with server: it joins as a new member, and its old data are set aside',
  check: async ({ first, third }) => {
    const name = await third.must(`cat ${FOLDER}/name`)
    await third.must('systemctl restart k3s', { timeoutMs: LIMIT })
    expect((await voter(first, third)).name).not.toBe(name)
    expect(await third.journal('k3s')).toContain('msg="tombstone file has been detected, removing ${datadir}/server/db to rejoin the cluster"')
    await third.must('ls -d /var/lib/rancher/k3s/server/db/etcd-backup-*')
  },
}

/** What becomes of a member that is taken out. */
export const removal: EtcdChapter = { title: 'a member that is removed', facts: [removed, rejoined] }
