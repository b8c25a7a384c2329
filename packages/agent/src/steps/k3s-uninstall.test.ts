import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { ClusterNameSchema, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { changeWorld, readWorld } from '@drover/test/kit/fake-host/world.ts'
import { describe, expect, it } from 'vitest'

const fresh = createModels()
const order = (place = 0): TypedOrder => orderOf('k3s.uninstall', place)

describe('k3s.uninstall', () => {
  it("keeps what people put beside k3s's files, and says so", async () => {
    const root = await fresh('k3s.uninstall')
    writeFileSync(`${root}/etc/rancher/k3s/registries.yaml`, 'mirrors: {}\n')
    writeFileSync(`${root}/etc/rancher/k3s/config.yaml.d/90-mine.yaml`, 'debug: true\n')
    const end = await carryOut({ root, order: order() })
    expect(end).toMatchObject({
      type: 'DONE',
      result: { kept: ['/etc/rancher/node/password', '/etc/rancher/k3s/registries.yaml', '/etc/rancher/k3s/config.yaml.d/90-mine.yaml'] },
    })
    expect(readFileSync(`${root}/etc/rancher/k3s/config.yaml.d/90-mine.yaml`, 'utf8')).toBe('debug: true\n')
    expect(readWorld(root).iptables).toBe('*nat\n:OWN - [0:0]\n-A OWN -j ACCEPT\nCOMMIT\n')
  })

  it('follows no link out of the folders that go', async () => {
    const root = await fresh('k3s.uninstall')
    mkdirSync(`${root}/home/mine`, { recursive: true })
    writeFileSync(`${root}/home/mine/precious`, 'mine')
    symlinkSync(`${root}/home/mine`, `${root}/var/lib/rancher/k3s/storage`)
    rmSync(`${root}/var/lib/kubelet`, { recursive: true })
    symlinkSync(`${root}/home/mine`, `${root}/var/lib/kubelet`)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE' })
    expect(readFileSync(`${root}/home/mine/precious`, 'utf8')).toBe('mine')
    expect(existsSync(`${root}/var/lib/kubelet`)).toBe(false)
  })

  it('touches nothing where something foreign is mounted below the data', async () => {
    const root = await fresh('k3s.uninstall')
    changeWorld(root, (world) => world.mounts.push('/var/lib/rancher/k3s/storage/nas'))
    const end = await carryOut({ root, order: order() })
    expect(end).toMatchObject({ type: 'FAILED', code: 'k3s.mounts', message: 'mounted there by somebody else: /var/lib/rancher/k3s/storage/nas' })
    expect(readWorld(root).units['k3s']?.active).toBe('active')
  })

  it('empties a data folder that is a disk of its own', async () => {
    const root = await fresh('k3s.uninstall')
    changeWorld(root, (world) => world.mounts.push('/var/lib/rancher/k3s'))
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE' })
    expect(existsSync(`${root}/var/lib/rancher/k3s`)).toBe(true)
    expect(existsSync(`${root}/var/lib/rancher/k3s/server`)).toBe(false)
  })

  it.each([
    ['of another cluster', '{"cluster":"other","incarnation":1,"seed":"h-aaaaaaaaaaaaaaaa"}'],
    ['that cannot be read', '{'],
  ])('refuses a host with a claim %s', async (_name, claim) => {
    const root = await fresh('k3s.uninstall')
    writeFileSync(`${root}/var/lib/drover/claim.json`, claim)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'order.claim', undone: 'nothing-to-undo' })
    expect(ClusterNameSchema.parse('home')).toBe(PARAMS['k3s.uninstall'].cluster)
  })

  it('refuses a k3s that Drover did not install', async () => {
    const root = await fresh('binary.install')
    writeFileSync(`${root}/usr/local/bin/k3s`, 'k3s of somebody')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.foreign' })
    rmSync(`${root}/usr/local/bin/k3s`)
    writeFileSync(`${root}/etc/systemd/system/k3s.service`, '[Service]\n')
    expect(await carryOut({ root, order: order(1) })).toMatchObject({ type: 'FAILED', code: 'k3s.foreign' })
  })

  it('is done where there is nothing, and takes a half-made installation away', async () => {
    const root = await fresh('binary.install')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { removed: [], kept: [] } })
    const half = await fresh('k3s.config')
    expect(await carryOut({ root: half, order: order() })).toMatchObject({ type: 'DONE' })
    expect(existsSync(`${half}/usr/local/bin/k3s`)).toBe(false)
    expect(existsSync(`${half}/usr/local/bin/kubectl`)).toBe(false)
  })

  it('names what is left instead of calling it done', async () => {
    const root = await fresh('k3s.uninstall')
    const host = { ...hostOf(root), kill: async () => undefined }
    const end = await carryOut({ root, order: order(), host })
    expect(end).toMatchObject({ type: 'FAILED', code: 'k3s.leftovers', undone: 'irreversible' })
    expect('message' in end ? end.message : '').toContain('process 4000')
  })
})
