import type { StepKind } from '@drover/protocol'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { pictureOf } from '@drover/test/contracts/step/carry-out.ts'
import { hostOf, orderOf, SECRETS } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'
import { RELEASE_BASE } from '../core/agent-settings.ts'
import type { Denial } from '../core/policy.ts'
import { moduleOf } from '../steps/index.ts'
import type { StepModule } from '../steps/step.ts'
import { openJournal } from './journal.ts'
import { type Progress, runStep, type RunStepOptions } from './run-step.ts'

const fresh = createModels()
const order = orderOf('k3s.config')
const run = async (root: string, change: Partial<RunStepOptions>) => {
  const journal = openJournal(`${root}.journal`, { order: order.id, attempt: 1 })
  const options: RunStepOptions = {
    order,
    module: moduleOf('k3s.config'),
    host: () => hostOf(root),
    journal,
    denial: async () => null,
    secrets: async () => SECRETS,
    settings: { releaseBase: RELEASE_BASE, coordinators: [], pin: null },
    progress: () => undefined,
    ...change,
  }
  const end = await runStep(options).finally(() => journal.close())
  return { end, types: journal.records().map(({ type }) => type), text: JSON.stringify(journal.records()) }
}

/** The module of the step with some verbs replaced. */
const moduleWith = (verbs: Partial<StepModule<StepKind>>): StepModule<StepKind> => ({ ...moduleOf('k3s.config'), ...verbs })

describe('runStep', () => {
  it('writes each verb down before the next', async () => {
    const { types } = await run(await fresh('k3s.config'), {})
    expect(types).toEqual(['CHECKED', 'APPLYING', 'APPLIED', 'VERIFIED', 'DONE'])
  })

  it('does nothing where nothing is needed', async () => {
    const { types, end } = await run(await fresh('k3s.start'), {})
    expect(types).toEqual(['CHECKED', 'VERIFIED', 'DONE'])
    expect(end).toMatchObject({ recovered: false, result: { changed: [] } })
  })

  it('asks the veto before each change, also in the middle, and then keeps its hands off', async () => {
    const root = await fresh('k3s.config')
    let asked = 0
    const denial = async (): Promise<Denial | null> => ((asked += 1) > 6 ? { code: 'order.veto', message: 'VETO is there' } : null)
    const { end, types } = await run(root, { denial })
    expect(end).toMatchObject({ type: 'FAILED', code: 'order.veto', undone: 'undo-failed' })
    expect(types.slice(-3)).toEqual(['UNDOING', 'UNDONE', 'FAILED'])
  })

  it('undoes what it did where it cannot be proved', async () => {
    const root = await fresh('k3s.config')
    const before = pictureOf(root)
    const { end } = await run(root, { module: moduleWith({ verify: async () => { throw new Error('not so') } }) })
    expect(end).toMatchObject({ type: 'FAILED', code: 'step.tool', message: 'not so', undone: 'undone' })
    expect(pictureOf(root)).toEqual(before)
  })

  it('says that an undo failed, and why', async () => {
    const module = moduleWith({ verify: async () => { throw new Error('not so') }, undo: async () => { throw new Error('cannot') } })
    const { end } = await run(await fresh('k3s.config'), { module })
    expect(end).toMatchObject({ type: 'FAILED', message: 'not so; the undo failed: cannot', undone: 'undo-failed' })
  })

  it('calls a full disk by its name', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const { end } = await run(await fresh('k3s.config'), { module: moduleWith({ apply: async () => { throw full } }) })
    expect(end).toMatchObject({ type: 'FAILED', code: 'step.space', undone: 'undone' })
  })

  it('lets no secret of the order into journal or progress', async () => {
    const said: Progress[] = []
    const module = moduleWith({
      apply: async (_host, context) => {
        context.say(`the token is ${SECRETS['server-token']}`)
        throw new Error(`k3s said: ${SECRETS['agent-token']} is wrong`)
      },
    })
    const { end, text } = await run(await fresh('k3s.config'), { module, progress: (progress) => said.push(progress) })
    expect(end).toMatchObject({ message: 'k3s said: [secret] is wrong' })
    for (const secret of Object.values(SECRETS)) expect(`${text} ${JSON.stringify(said)}`).not.toContain(secret)
  })

  it('changes nothing where the secrets cannot be opened', async () => {
    const root = await fresh('k3s.config')
    const before = pictureOf(root)
    const { end } = await run(root, { secrets: () => Promise.reject(new Error('no key')) })
    expect(end).toMatchObject({ type: 'FAILED', undone: 'nothing-to-undo' })
    expect(pictureOf(root)).toEqual(before)
  })
})
