import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { absolutePath, copyDatabase } from '@drover/agent'
import { expect } from 'vitest'
import type { Host } from '../../../lab/host.ts'
import type { Chapter, Fact } from '../site.ts'

const DB = '/var/lib/rancher/k3s/server/db'
const COUNT = "SELECT count(*) FROM kine WHERE deleted = 0 AND name >= '/registry/' AND name < '/registry0'"

/** A copy of a stopped server's data, as one file, and how many objects are in it. */
const copyOf = async ({ root }: Host): Promise<{ readonly bytes: Uint8Array; readonly objects: number }> => {
  const folder = await mkdtemp(join(tmpdir(), 'k3s-copy-'))
  try {
    for (const name of ['state.db', 'state.db-wal']) if (existsSync(join(root, DB, name))) await copyFile(join(root, DB, name), join(folder, name))
    const objects = await copyDatabase(folder, { from: absolutePath('/state.db'), to: absolutePath('/copy.db'), count: COUNT })
    return { bytes: await readFile(join(folder, 'copy.db')), objects }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const startsOnCopy: Fact = {
  name: 'a stopped server starts on a copy of its state.db alone as on its own data: no -wal, no -shm',
  check: async ({ server }) => {
    await server.must('kubectl create configmap contract-copy -n default --from-literal=a=b')
    const authority = await server.must('sha256sum < /var/lib/rancher/k3s/server/tls/server-ca.crt')
    await server.must('systemctl stop k3s')
    const { bytes, objects } = await copyOf(server)
    expect(objects).toBeGreaterThan(10)
    await server.must(`mv ${DB} ${DB}.aside && mkdir -m 700 ${DB}`)
    await server.writeFile(`${DB}/state.db`, bytes)
    await server.must(`chmod 600 ${DB}/state.db && systemctl start k3s`)
    expect(await server.must('kubectl get configmap contract-copy -n default -o name')).toBe('configmap/contract-copy\n')
    expect(await server.must('sha256sum < /var/lib/rancher/k3s/server/tls/server-ca.crt')).toBe(authority)
  },
}

const writtenLast: Fact = {
  name: 'what was moved aside says by the times of its files when k3s wrote to it last',
  check: async ({ server }) => {
    const times = (await server.must(`stat -c %Y ${DB}.aside/state.db*`)).trim().split('\n').map(Number)
    const started = Number(await server.must("date -d \"$(systemctl show k3s -p ActiveEnterTimestamp --value)\" +%s"))
    const before = Number(await server.must('date -d "$(ps -o lstart= -p 1)" +%s'))
    expect(Math.max(...times)).toBeLessThanOrEqual(started)
    expect(Math.max(...times)).toBeGreaterThan(before)
  },
}

/** What snapshots and restores rely on. */
export const copy: Chapter = { title: 'a copy of the data', facts: [startsOnCopy, writtenLast] }
