import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { DROVER, ROUTE } from '@drover/protocol'
import { carryOut, pictureOf } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf } from '@drover/test/contracts/step/step-case.ts'
import { addRoute, addServiceRoute, dropRoutesOf, REAL_DEFAULT } from '@drover/test/kit/fake-host/sim-route.ts'
import { describe, expect, it } from 'vitest'
import { keepRoute } from './keep-route.ts'

const fresh = createModels()
const kept = async (): Promise<string> => {
  const root = await fresh('route.keep')
  await carryOut({ root, order: orderOf('route.keep') })
  return root
}
const table = (root: string): string => readFileSync(`${root}/proc/net/route`, 'utf8')

describe('keepRoute', () => {
  it('does nothing where no order had a route made, or where all is there', async () => {
    const bare = await fresh('route.keep')
    expect(await keepRoute(hostOf(bare))).toBe(false)
    expect(await keepRoute(hostOf(await kept()))).toBe(false)
  })

  it('takes the made routes away when a real one appears, and makes them again when it goes', async () => {
    const root = await kept()
    const before = { picture: pictureOf(root), table: table(root) }
    addRoute(root, REAL_DEFAULT)
    expect(await keepRoute(hostOf(root))).toBe(true)
    expect(table(root)).not.toContain(String(ROUTE.metric))
    expect(existsSync(`${root}/sys/class/net/${ROUTE.link}`)).toBe(false)
    expect(await keepRoute(hostOf(root))).toBe(false)
    dropRoutesOf(root, 'eth0')
    expect(await keepRoute(hostOf(root))).toBe(true)
    expect({ picture: pictureOf(root), table: table(root) }).toEqual(before)
  })

  it('makes them anew where somebody took the link or the service route away', async () => {
    const root = await kept()
    const before = table(root)
    await hostOf(root).change('ip', ['link', 'delete', 'dev', ROUTE.link])
    expect(await keepRoute(hostOf(root))).toBe(true)
    expect(table(root)).toBe(before)
    dropRoutesOf(root, 'eth0')
    expect(table(root)).not.toBe(before)
    expect(await keepRoute(hostOf(root))).toBe(true)
    expect(table(root)).toBe(before)
  })

  it('takes the link away also where the unit is not what made it', async () => {
    const root = await kept()
    await hostOf(root).unitDo('stop', ROUTE.unit)
    addRoute(root, { iface: ROUTE.link, dst: '00000000', mask: '00000000', metric: ROUTE.metric })
    addServiceRoute(root, 'eth0')
    addRoute(root, REAL_DEFAULT)
    expect(await keepRoute(hostOf(root))).toBe(true)
    expect(table(root)).not.toContain(ROUTE.link)
    expect(await keepRoute(hostOf(root))).toBe(false)
  })

  it('changes nothing under a VETO or against the policy', async () => {
    const root = await kept()
    addRoute(root, REAL_DEFAULT)
    mkdirSync(`${root}/etc/drover`, { recursive: true })
    writeFileSync(`${root}${DROVER.veto}`, '')
    expect(await keepRoute(hostOf(root))).toBe(false)
    expect(table(root)).toContain(ROUTE.link)
  })
})
