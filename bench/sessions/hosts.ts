// The hosts of the sessions bench, all in one process: each has its own keys and the product's own link; what is below the link is made up.
import { setTimeout as wait } from 'node:timers/promises'
import { TO_AGENT } from '@drover/protocol'
import { parseKeyText, parseToken, type Token, type VerifyKey, verifyKey } from '@drover/protocol/node'
import { type Accepted, connect, type Link } from '../../packages/agent/src/link/index.ts'
import { factsOf, inventoryOf, makeScriptedHost, type ScriptedHost } from '../../test/kit/coordinator/scripted-host.ts'
import type { FromHosts, Place, ToHosts } from './messages.ts'

/** So many enrol at a time. */
const AT_ONCE = 50

type Known = { readonly place: Place; readonly coordinator: VerifyKey; readonly token: Token }
type Counts = { lost: number }

const tell = (message: FromHosts): void => void process.send?.(message)

const knownFrom = (place: Place): Known => {
  const key = parseKeyText(place.key)
  const coordinator = key === null ? null : verifyKey(key)
  const read = parseToken('join', place.token)
  if (coordinator === null || !read.ok) throw new Error('the coordinator of the bench gave no good key or token')
  return { place, coordinator, token: read.token }
}

const makeHosts = (count: number): ScriptedHost[] =>
  Array.from({ length: count }, (_, index) => makeScriptedHost({ name: `host-${String(index)}`, ip: `10.0.${String(index >> 8)}.${String(index & 255)}` }))

/** Connects a host and resolves when its session is open and it has told what a host tells then. */
const join = async (host: ScriptedHost, { place, coordinator, token }: Known, counts: Counts): Promise<Link> => {
  const kept: { accepted: Accepted | null } = { accepted: null }
  const opened = Promise.withResolvers<null>()
  const link = connect({
    coordinator: { urls: [place.url], pin: place.pin, key: coordinator },
    keys: { node: host.keys.node, sealPub: host.keys.sealPub },
    store: {
      entry: async () => (kept.accepted === null ? { mode: 'enrol', token } : { mode: 'resume', enrolment: kept.accepted.enrolment }),
      endpoints: async () => kept.accepted?.endpoints ?? [],
      accepted: async (accepted) => void (kept.accepted = accepted),
    },
    says: {
      hello: async () => host.keys.facts,
      heartbeat: () => ({ t: 'heartbeat', body: { uptimeS: Math.floor(process.uptime()), wallTime: Date.now(), openOrders: 0 } }),
    },
    messages: TO_AGENT,
    onMessage: async () => undefined,
    onState: (state) => {
      if (state.kind === 'open') opened.resolve(null)
      if (state.kind === 'waiting') counts.lost += 1
    },
  })
  await opened.promise
  await link.send('inventory', { ageMs: { hardware: 0, network: 0, state: 0 }, sections: inventoryOf(host) })
  await link.send('facts', factsOf(host))
  return link
}

const enrolAll = async (hosts: readonly ScriptedHost[], known: Known, counts: Counts): Promise<Link[]> => {
  const links: Link[] = []
  const waiting = [...hosts]
  const one = async (): Promise<void> => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) links.push(await join(host, known, counts))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return links
}

/** Each host reports its facts every so many ms, the hosts one after the other. */
const reportFacts = async (links: readonly Link[], host: ScriptedHost, everyMs: number): Promise<never> => {
  for (;;) {
    for (const link of links) {
      await link.send('facts', factsOf(host))
      await wait(everyMs / links.length)
    }
  }
}

const serve = (count: number): void => {
  const hosts = makeHosts(count)
  const [first] = hosts
  const counts: Counts = { lost: 0 }
  let links: readonly Link[] = []
  const fail = (error: unknown): void => {
    throw error
  }
  const enrol = async (place: Place): Promise<void> => {
    const began = performance.now()
    links = await enrolAll(hosts, knownFrom(place), counts)
    tell({ is: 'open', ms: performance.now() - began, lost: counts.lost })
  }
  process.on('message', (message: ToHosts) => {
    if (message.do === 'enrol') enrol(message.place).catch(fail)
    else if (first !== undefined) reportFacts(links, first, message.everyMs).catch(fail)
  })
  tell({ is: 'ready' })
}

serve(Number(process.argv[2]))
