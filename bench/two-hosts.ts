import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { K3S } from '@drover/protocol'
import type { Site } from '../test/lab/drover/site.ts'
import { byHand, type Part, prepare } from './hand-script.ts'
import { onSite } from './on-site.ts'
import type { Row } from './row.ts'
import { settingsFor } from './settings-for.ts'

const example = fileURLToPath(new URL('../deploy/examples/small.yaml', import.meta.url))

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/**
 * Two bare hosts to two Ready Nodes: by Drover, then two others of the same lab by a script, with the same binary from
 * the same place and the settings that Drover had rendered. Drover goes first, with cold caches.
 */
export const measureTwoHosts = (): Promise<readonly Row[]> => onSite('two hosts to Ready', { name: 'bench', hosts: ['drover-1', 'drover-2', 'hand-1', 'hand-2'] }, measure)

const measure = async (site: Site): Promise<readonly Row[]> => {
  const [one, two] = [site.lab.host('drover-1'), site.lab.host('drover-2')]
  const enrolling = await seconds(async () => {
    await Promise.all([site.join(one, '--label', 'role=server'), site.join(two, '--label', 'role=worker')])
    await Promise.all([site.inventory(one.name), site.inventory(two.name)])
  })
  const spec = site.spec('small', readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION'))
  const drover = await seconds(() => site.must(['apply', '-f', spec, '--yes', '--wait'], { timeoutMs: 900_000 }))
  const settings = await Promise.all([one.readFile(K3S.dropIn), two.readFile(K3S.dropIn)])
  await Promise.all([one.powerCut(), two.powerCut()])
  const hand = await seconds(() => handScript(site, settings))
  const k3s = `${site.k3s.isReal ? 'real' : 'stand-in'} ${site.k3s.version}`
  return [
    { name: 'two hosts to Ready, Drover, apply to Ready', value: `${drover.toFixed(1)} s`, ratio: (drover / hand).toFixed(2), k3s },
    { name: 'two hosts to Ready, hand script', value: `${hand.toFixed(1)} s`, ratio: '1', k3s },
    { name: 'before that: two install lines to their inventory', value: `${enrolling.toFixed(1)} s`, k3s },
  ]
}

const handScript = async (site: Site, [serverSettings, agentSettings]: readonly [string, string]): Promise<void> => {
  const [one, two] = [site.lab.host('hand-1'), site.lab.host('hand-2')]
  const prepared = prepare(site)
  const config = (text: string): string => settingsFor([[site.lab.host('drover-1'), one], [site.lab.host('drover-2'), two]], text)
  const server: Part = { host: one, role: 'server', config: config(serverSettings) }
  const agent: Part = { host: two, role: 'agent', config: config(agentSettings) }
  await byHand([server, agent], prepared)
}
