import { uptime } from 'node:os'
import {
  type ForAgent,
  type FromAgent,
  type HelloFacts,
  type OrderReport,
  type SectionName,
  TO_AGENT,
  type ToAgent,
  type ToCoordinator,
} from '@drover/protocol'
import type { HostReading } from '../facts/read-facts.ts'
import type { HostReader } from '../host/host.ts'
import type { InventoryLine } from '../inventory/inventory-line.ts'
import { connect, type Link, LinkClosed, type LinkOptions, type LinkState } from '../link/index.ts'
import { collectYoung } from './collect-young.ts'
import { startFactsReporter } from './facts-reporter.ts'
import { startInventoryReporter } from './inventory-reporter.ts'
import { createNetworkWatch } from './network-watch.ts'
import type { Orders } from './orders.ts'
import { probe } from './probe.ts'
import { readLogs } from './read-logs.ts'
import { createReportOutbox } from './report-outbox.ts'

type Messages = typeof TO_AGENT
type AgentLink = Pick<LinkOptions<Messages>, 'coordinator' | 'keys' | 'store' | 'times'>

/** What the resident process is made of. */
export type ResidentOptions = {
  readonly link: AgentLink
  /** What HELLO says, read anew for each connection. */
  readonly hello: (orders: Orders) => () => Promise<HelloFacts>
  readonly host: Pick<HostReader, 'read'>
  /** Builds the executor; its reports go to the coordinator, whose clock (ms; null while not known) judges expiry. */
  readonly orders: (parts: OrdersParts) => Orders
  /** `atRest`: no order is open, so what earlier orders made to be kept may be mended before. */
  readonly readFacts: (atRest: boolean, isAnew: boolean) => Promise<HostReading>
  readonly collect: (sections: readonly SectionName[], fresh: boolean) => Promise<InventoryLine>
  readonly onLink: (state: LinkState) => void
  /** Writes one line for people to the log of the unit. */
  readonly log: (line: string) => void
}

/** What the resident process gives to the executor. */
export type OrdersParts = { readonly onReport: (report: OrderReport) => void; readonly serverNow: () => number | null }

/** A running agent. */
export type Resident = {
  /** Says goodbye; steps that run go on by themselves. */
  readonly stop: () => Promise<void>
}

const isEnd = (report: OrderReport): boolean => ['done', 'failed', 'refused'].includes(report.state)

/**
 * How long, in ms, it must have been quiet before ports and disk are read anew after a step, and addresses after a change: steps
 * follow each other, k3s makes one interface after the other, and each reading is a process.
 */
const [STATE_QUIET_MS, NETWORK_QUIET_MS] = [10_000, 2_000]

/** Does something once it has not been asked for a while. */
const whenQuiet = (ms: number, work: () => void): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  return () => {
    clearTimeout(timer)
    timer = setTimeout(work, ms).unref()
  }
}

/** Keeps the session, reports facts and inventory, takes orders over. Losing the coordinator changes nothing on the host. */
export const runResident = async (options: ResidentOptions): Promise<Resident> => {
  const parts = assemble(options)
  await parts.orders.start()
  const link = connect({ ...options.link, ...parts.linkParts })
  parts.attach(link)
  return {
    stop: async () => {
      parts.facts.stop()
      parts.inventory.stop()
      parts.orders.stop()
      await link.close()
    },
  }
}

/** Parts that send before there is a link meet LinkClosed, as they do between two sessions. */
const assemble = (options: ResidentOptions) => {
  const line: { link: Link | null } = { link: null }
  const send = async <T extends ToCoordinator>(t: T, body: FromAgent<T>, ack = false): Promise<void> => {
    if (line.link === null) throw new LinkClosed('not connected yet')
    await line.link.send(t, body, { ack })
  }
  const monotonic = (): number => performance.now()
  const onError = (error: unknown): void => {
    if (!(error instanceof LinkClosed)) options.log(error instanceof Error ? error.message : String(error))
  }
  const inventory = startInventoryReporter({ collect: options.collect, send: (body) => send('inventory', body), monotonic, onError })
  const watch = createNetworkWatch(whenQuiet(NETWORK_QUIET_MS, () => inventory.collect(['network'])))
  const read = async (isAnew: boolean): Promise<HostReading> => {
    watch.look()
    return options.readFacts(line.link !== null && orders.open() === 0, isAnew)
  }
  const facts = startFactsReporter({ read, send: (body) => send('facts', body), sendNodes: (body) => send('nodes', body), monotonic, onError, onRead: collectYoung })
  const collectSoon = whenQuiet(STATE_QUIET_MS, () => inventory.collect(['state']))
  const onReport = (report: OrderReport): void => {
    outbox.deliver(report)
    if (!isEnd(report)) return
    facts.now()
    collectSoon()
  }
  const orders = options.orders({ onReport, serverNow: () => line.link?.serverNow() ?? null })
  const outbox = createReportOutbox({ orders, send: (report, ack) => send('report', report, ack) })
  const opened = (): void => {
    outbox.resend()
    facts.now()
    inventory.resend()
  }
  const handlers = handlersOf({ options, orders, facts, inventory, send, onError })
  const attach = (link: Link): void => {
    line.link = link
  }
  return { orders, facts, inventory, attach, linkParts: linkPartsOf({ options, orders, handlers, opened }) }
}

type Send = <T extends ToCoordinator>(t: T, body: FromAgent<T>, ack?: boolean) => Promise<void>
type Handlers = { readonly [T in ToAgent]: (body: ForAgent<T>) => Promise<void> }
type HandlerParts = {
  readonly options: ResidentOptions
  readonly orders: Orders
  readonly facts: ReturnType<typeof startFactsReporter>
  readonly inventory: ReturnType<typeof startInventoryReporter>
  readonly send: Send
  readonly onError: (error: unknown) => void
}

const handlersOf = ({ options, orders, facts, inventory, send, onError }: HandlerParts): Handlers => ({
  order: (body) => orders.submit(body),
  observe: async (body) => facts.observe(body),
  'inventory.refresh': async () => inventory.collect([], true),
  'logs.read': async (body) => {
    // Reading takes a while and is nothing to keep: the message is taken over at once.
    const answer = async (): Promise<void> => {
      for (const chunk of await readLogs(options.host, body)) await send('logs.chunk', chunk)
    }
    answer().catch(onError)
  },
  // Dialling takes seconds; a witness that was cut off is asked again.
  probe: async (body) => void probe(body).then((found) => send('probed', found)).catch(onError),
})

type LinkWiring = { readonly options: ResidentOptions; readonly orders: Orders; readonly handlers: Handlers; readonly opened: () => void }

const linkPartsOf = ({ options, orders, handlers, opened }: LinkWiring): Pick<LinkOptions<Messages>, 'messages' | 'says' | 'onMessage' | 'onState'> => ({
  messages: TO_AGENT,
  says: {
    hello: options.hello(orders),
    heartbeat: () => ({ t: 'heartbeat', body: { uptimeS: Math.floor(uptime()), wallTime: Date.now(), openOrders: orders.open() } }),
  },
  onMessage: async ({ t, body }) => {
    const handle = handlers[t] as (body: unknown) => Promise<void>
    try {
      await handle(body)
    } catch (error) {
      options.log(`a message ${t} ends the session: ${error instanceof Error ? error.message : String(error)}`)
      throw error
    }
  },
  onState: (state) => {
    options.onLink(state)
    if (state.kind === 'open') opened()
  },
})
