import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ETCD_CHAPTERS } from '../contracts/k3s/etcd-chapters.ts'
import type { EtcdSite } from '../contracts/k3s/etcd-site.ts'
import { installBinary } from '../contracts/k3s/install.ts'
import type { Subject } from '../contracts/k3s/site.ts'
import { subjects } from '../contracts/k3s/subjects.ts'
import { openLab, type Lab } from './lab.ts'
import { skipOrFail } from './skip-or-fail.ts'

const skipped = skipOrFail()
const folder = skipped ? '' : await mkdtemp(join(tmpdir(), 'k3s-etcd-contract-'))
const held = skipped ? [] : await subjects(folder, process.env)

async function openSite(subject: Subject, lab: Lab): Promise<EtcdSite> {
  const need = subject.kind === 'k3s' ? { k3sReal: true } : { node: true }
  const host = async (name: string) => {
    const made = await lab.addHost({ name, ...need })
    await installBinary(subject, made)
    return made
  }
  const [first, second, third, agent] = await Promise.all([host('one'), host('two'), host('three'), host('four')])
  return { subject, first, second, third, agent }
}

describe.skipIf(skipped)('what Drover relies on of k3s on etcd', () => {
  afterAll(() => rm(folder, { recursive: true, force: true }))

  describe.each(held)('held against the $kind', (subject) => {
    let lab: Lab
    let site: EtcdSite

    beforeAll(async () => {
      process.stdout.write(`k3s contract on etcd: held against the ${subject.kind} (${subject.binary})\n`)
      lab = await openLab({ name: `etcd-${subject.kind}-${process.pid}` })
      site = await openSite(subject, lab)
    })
    afterAll(() => lab.close())

    describe.each(ETCD_CHAPTERS)('$title', (chapter) => {
      beforeAll(() => chapter.prepare?.(site))
      it.each(chapter.facts)('$name', async (fact) => {
        await expect(fact.check(site)).resolves.toBeUndefined()
      })
    })
  })
})
