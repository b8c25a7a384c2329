import { hostname } from 'node:os'
import { dirname, extname, join } from 'node:path'
import process from 'node:process'
import { DROVER, K3S } from '@drover/protocol'
import { equalBytes, keyFingerprint } from '@drover/protocol/node'
import { type AgentConfig, readConfig } from '../config.ts'
import { createReadCluster } from '../facts/read-cluster.ts'
import { createReadFacts } from '../facts/read-facts.ts'
import { createRealHost } from '../host/real/real-host.ts'
import { showState } from '../resident/agent-state.ts'
import { countBoot } from '../resident/boot-count.ts'
import { createHelloFacts, displayName } from '../resident/hello-facts.ts'
import { keepRoute } from '../resident/keep-route.ts'
import { openLinkStore, type ResidentStore } from '../resident/link-store.ts'
import { type NodeKeys, openNodeKeys } from '../resident/node-keys.ts'
import { runResident } from '../resident/run-resident.ts'
import { stateOfLink } from '../resident/state-of-link.ts'
import { StateFileError } from '../resident/state-file-error.ts'
import { createCollectByChild } from './collect-by-child.ts'
import { createResidentFirewall } from './firewall.ts'
import { createOrders } from './orders.ts'
import { type AgentPaths, PATHS } from './paths.ts'

/** Runs the resident agent until SIGTERM or SIGINT; exit code 78 where a file of configuration or state is refused. */
export const run = async (version: string, paths: AgentPaths = PATHS): Promise<number> => {
  try {
    await serve({ version, paths, ...open(paths) })
    return 0
  } catch (error) {
    if (!(error instanceof StateFileError)) throw error
    showState(paths.note, { state: 'refused', message: error.message })
    log(error.message)
    return 78
  }
}

type Opened = { readonly config: AgentConfig; readonly keys: NodeKeys; readonly store: ResidentStore }

const open = (paths: AgentPaths): Opened => {
  const config = readConfig(paths.config)
  const keys = openNodeKeys(`${paths.state}/keys`)
  if (equalBytes(keys.node.publicKey, config.coordinator.publicKey)) throw new StateFileError(paths.config, "key: is this host's own key")
  const store = openLinkStore({ record: `${paths.state}/enrolment.json`, token: `${paths.state}/join-token`, coordinator: config.coordinator })
  return { config, keys, store }
}

type Parts = Opened & { readonly version: string; readonly paths: AgentPaths }

const serve = async ({ version, paths, config, keys, store }: Parts): Promise<void> => {
  const host = createRealHost()
  const who = {
    name: displayName(hostname()),
    hostKey: keyFingerprint(keys.node.publicKey),
    coordinatorKey: keyFingerprint(config.coordinator.publicKey),
  }
  const program = process.argv[1] ?? ''
  const children = join(dirname(program), `children${extname(program)}`)
  const cluster = createReadCluster({ url: 'https://127.0.0.1:6443', tls: `${K3S.data}/server/tls` })
  const firewall = createResidentFirewall(host, log)
  const readFacts = createReadFacts({ host, cluster, readers: { firewall: firewall.read } })
  const resident = await runResident({
    link: {
      coordinator: { urls: config.urls, pin: config.pin, key: config.coordinator },
      keys: { node: keys.node, sealPub: keys.seal.publicKey },
      store,
    },
    hello: (orders) =>
      createHelloFacts({
        version,
        bundle: program,
        policy: DROVER.policy,
        boot: countBoot({ count: `${paths.state}/boot.json`, marker: `${paths.note}.boot` }),
        journalHead: orders.journalHead,
        maxEpochSeen: async () => Math.max(store.epoch(), await orders.maxEpochSeen()),
      }),
    host,
    orders: ({ onReport, serverNow }) =>
      createOrders({
        host,
        nodeKey: keys.node.publicKey,
        coordinator: config.coordinator,
        journals: `${paths.state}/journal`,
        program: children,
        onReport,
        serverNow,
        log,
      }),
    readFacts: async (atRest, isAnew) => {
      if (atRest) await keepRoute(host)
      return readFacts(isAnew)
    },
    collect: createCollectByChild(children),
    onLink: (state) => {
      const shown = stateOfLink(state)
      if (shown === null) return
      showState(paths.note, shown, who)
      log(`${shown.state}: ${shown.message}`)
    },
    log,
  })
  await signalled()
  firewall.stop()
  await resident.stop()
}

const log = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
