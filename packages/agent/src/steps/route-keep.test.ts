import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ROUTE } from '@drover/protocol'
import { carryOut, pictureOf } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { addRoute, REAL_DEFAULT } from '@drover/test/kit/fake-host/sim-route.ts'
import { describe, expect, it } from 'vitest'
import { renderRouteUnit } from '../core/route/unit.ts'
import { absolutePath } from '../host/path.ts'
import { wrapChanges } from '../host/wrap.ts'

const fresh = createModels()
const order = orderOf('route.keep')

describe('route.keep', () => {
  it('makes the routes and keeps them', async () => {
    const root = await fresh('route.keep')
    expect(await carryOut({ root, order })).toMatchObject({ type: 'DONE', result: { route: 'ours' } })
    expect(readFileSync(`${root}${ROUTE.unitFile}`, 'utf8')).toBe(renderRouteUnit(PARAMS['route.keep']))
    expect(await hostOf(root).unit(ROUTE.unit)).toMatchObject({ active: 'active', enabled: true })
  })

  it('touches nothing where the host has a default route of its own', async () => {
    const root = await fresh('route.keep')
    addRoute(root, REAL_DEFAULT)
    const before = pictureOf(root)
    expect(await carryOut({ root, order })).toMatchObject({ type: 'DONE', result: { route: 'real' } })
    expect(pictureOf(root)).toEqual(before)
  })

  it('gives way to one that appears while it works', async () => {
    const root = await fresh('route.keep')
    const host = wrapChanges(hostOf(root), async (name, what, go) => {
      if (name === 'unitDo' && what === 'start') addRoute(root, REAL_DEFAULT)
      return go()
    })
    expect(await carryOut({ root, order, host })).toMatchObject({ type: 'DONE', result: { route: 'real' } })
    expect(existsSync(`${root}/sys/class/net/${ROUTE.link}`)).toBe(false)
  })

  it('leaves addresses and a unit of somebody else alone', async () => {
    const used = await fresh('route.keep')
    addRoute(used, { iface: 'eth1', dst: '007100CB', mask: '00FFFFFF', metric: 0 })
    expect(await carryOut({ root: used, order })).toMatchObject({ type: 'FAILED', code: 'route.taken', undone: 'nothing-to-undo', message: expect.stringContaining('203.0.113.0/24 dev eth1') as string })
    const named = await fresh('route.keep')
    writeFileSync(`${named}${ROUTE.unitFile}`, '[Service]\n')
    expect(await carryOut({ root: named, order })).toMatchObject({ type: 'FAILED', code: 'route.taken' })
    expect(readFileSync(`${named}${ROUTE.unitFile}`, 'utf8')).toBe('[Service]\n')
  })

  it('is undone where the unit does not make it', async () => {
    const root = await fresh('route.keep')
    const before = pictureOf(root)
    const real = hostOf(root)
    const host = { ...real, unitDo: async (verb: Parameters<typeof real.unitDo>[0], unit: string) => {
      await real.unitDo(verb, unit)
      if (verb === 'start') await real.change('ip', ['link', 'delete', 'dev', ROUTE.link])
    }, unit: async (name: string) => ({ ...(await real.unit(name)), ...((await real.stat(absolutePath(`/sys/class/net/${ROUTE.link}`))) === null && existsSync(`${root}${ROUTE.unitFile}`) ? { active: 'failed' } : {}) }) }
    expect(await carryOut({ root, order, host })).toMatchObject({ type: 'FAILED', code: 'step.tool', undone: 'undone' })
    expect(pictureOf(root)).toEqual(before)
  })
})
