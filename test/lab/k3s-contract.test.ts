import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHAPTERS } from '../contracts/k3s/chapters.ts'
import { installBinary } from '../contracts/k3s/install.ts'
import type { Site, Subject } from '../contracts/k3s/site.ts'
import { subjects } from '../contracts/k3s/subjects.ts'
import { openLab, type Lab } from './lab.ts'
import { skipOrFail } from './skip-or-fail.ts'

const skipped = skipOrFail()
const folder = skipped ? '' : await mkdtemp(join(tmpdir(), 'k3s-contract-'))
const held = skipped ? [] : await subjects(folder, process.env)

async function openSite(subject: Subject, lab: Lab): Promise<Site> {
  const need = subject.kind === 'k3s' ? { k3sReal: true } : { node: true }
  const host = async (name: string) => {
    const made = await lab.addHost({ name, ...need })
    await installBinary(subject, made)
    return made
  }
  const [server, agent, spare] = await Promise.all([host('one'), host('two'), host('three')])
  return { subject, server, agent, spare }
}

describe.skipIf(skipped)('what Drover relies on of k3s', () => {
  afterAll(() => rm(folder, { recursive: true, force: true }))

  describe.each(held)('held against the $kind', (subject) => {
    let lab: Lab
    let site: Site

    beforeAll(async () => {
      process.stdout.write(`k3s contract: held against the ${subject.kind} (${subject.binary})\n`)
      lab = await openLab({ name: `contract-${subject.kind}-${process.pid}` })
      site = await openSite(subject, lab)
    })
    afterAll(() => lab.close())

    describe.each(CHAPTERS)('$title', (chapter) => {
      beforeAll(() => chapter.prepare?.(site))
      it.each(chapter.facts)('$name', async (fact) => {
        await expect(fact.check(site)).resolves.toBeUndefined()
      })
    })
  })
})
