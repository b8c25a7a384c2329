import { advance } from '@drover/test/kit/loop-world/advance.ts'
import { clusterNamed, hostNamed, type LoopWorld, makeWorld } from '@drover/test/kit/loop-world/world.ts'
import { COMMANDS } from '@drover/test/kit/commands/index.ts'
import { randomFrom } from '@drover/test/kit/builders/random.ts'
import { describe, expect, it } from 'vitest'

const TURN = 5_000

const tell = (world: LoopWorld, line: string, body = ''): string => {
  const [name = '', ...words] = line.split(' ')
  return COMMANDS.find((command) => command.name === name)?.run(world, { words, body }) ?? ''
}

const specOf = (names: readonly string[], debug: boolean): string =>
  `cluster: home\nk3s: { version: v1.36.2+k3s1 }\ndatastore: etcd\nservers: { names: [${names.join(', ')}] }\nagents: { select: { role: worker } }\nnetwork: { node: 10.0.0.0/24 }\n${debug ? 'options: { debug: true }\n' : ''}`

const NAMES = ['one', 'two', 'three', 'four', 'five']

/** What must hold in every turn, whatever breaks. */
const check = (world: LoopWorld): void => {
  const { open, settled, run } = clusterNamed(world, undefined)
  const hosts = [...world.hosts.values()]
  expect(hosts.filter(({ facts }) => facts.etcd === 'learner').length).toBeLessThanOrEqual(1)
  const joined = new Set(hosts.filter(({ facts }) => facts.etcd === 'voter').map(({ id }) => id))
  const changes = open.filter(({ change, class: stepClass, endedAt }) => endedAt === null && change !== null && settled?.roles[change] === 'server' && !(stepClass === 'membership' && joined.has(change)))
  expect(new Set(changes.map(({ change }) => change)).size).toBeLessThanOrEqual(1)
  expect(run?.state.kind).not.toBe('failed')
}

/** Connections break, steps fail; all is mended again after a while. */
const disturb = (world: LoopWorld, random: () => number): void => {
  for (const host of world.hosts.values()) if (random() < 0.06) host.online = !host.online
  const [name = 'two'] = NAMES.toSorted(() => random() - 0.5)
  if (random() < 0.05) world.failures.push({ kind: random() < 0.5 ? 'k3s.start' : 'etcd.promote', host: name, code: 'step.tool', left: 1 })
}

const mend = (world: LoopWorld): void => {
  world.failures.length = 0
  for (const host of world.hosts.values()) host.online = true
}

/** Goes on with the run, as a person does who is asked, until it is done. */
const finish = (world: LoopWorld, spec: string): void => {
  for (let round = 0; round < 8 && clusterNamed(world, undefined).run?.state.kind !== 'done'; round += 1) {
    advance(world, 600_000)
    if (clusterNamed(world, undefined).run?.state.kind !== 'done') {
      tell(world, 'spec', spec)
      tell(world, 'approve home')
    }
  }
}

describe('a run on etcd under which hosts come and go', () => {
  it.each(Array.from({ length: 15 }, (_, seed) => seed))('seed %i: never two changes or two learners, and in the end all vote', (seed) => {
    const random = randomFrom(seed + 3)
    const world = makeWorld()
    const names = NAMES.slice(0, 1 + Math.floor(random() * NAMES.length))
    for (const name of [...NAMES, 'six role=worker']) tell(world, `host ${name}`)
    const specs = [specOf(names.slice(0, 1), false), specOf(names, false), specOf(names, true)]
    for (const spec of specs) {
      mend(world)
      tell(world, 'spec', spec)
      expect(tell(world, 'approve home')).toBe('approved\n')
      for (let turn = 0; turn < 40; turn += 1) {
        disturb(world, random)
        advance(world, TURN, true)
        check(world)
      }
      mend(world)
      finish(world, spec)
      expect(clusterNamed(world, undefined).run?.state.kind).toBe('done')
    }
    expect(names.map((name) => hostNamed(world, name).facts.etcd)).toEqual(names.map(() => 'voter'))
  })
})
