import { afterAll, afterEach } from 'vitest'
import { changeWorld } from '../../kit/fake-host/world.ts'
import { copyHost, stage } from './carry-out.ts'
import { dropRoot, newRoot, type StepCase } from './step-case.ts'

/** Gives hosts on which a case comes next; each one is staged once and then copied, and all are removed after the tests. */
export const createModels = (): ((kind: StepCase) => Promise<string>) => {
  const models = new Map<StepCase, string>()
  const roots: string[] = []
  afterEach(() => roots.splice(0).forEach(dropRoot))
  afterAll(() => [...models.values()].forEach(dropRoot))
  const modelOf = async (kind: StepCase): Promise<string> => {
    const known = models.get(kind)
    if (known !== undefined) return known
    const model = newRoot()
    models.set(kind, model)
    await stage(model, kind)
    changeWorld(model, () => undefined)
    return model
  }
  return async (kind) => {
    const root = newRoot()
    roots.push(root)
    copyHost(await modelOf(kind), root)
    return root
  }
}
