import { startCoordinator, type TestCoordinator, type TestCoordinatorOptions } from './coordinator.ts'
import { eventually } from './eventually.ts'
import { publicHalf } from './identity.ts'
import { linkHost, type LinkedHost, type LinkedHostOptions } from './linked-host.ts'

/** Coordinators and hosts of one test file; `stopAll` after each test ends what it started, newest first. */
export type Running = {
  coordinator: (options?: TestCoordinatorOptions) => Promise<TestCoordinator>
  /** A host on a coordinator, with a token of its own unless told otherwise. */
  host: (coordinator: TestCoordinator, options?: Partial<LinkedHostOptions>) => LinkedHost
  /** The same, and waits until its session is open on both sides. */
  openHost: (coordinator: TestCoordinator, options?: Partial<LinkedHostOptions>) => Promise<LinkedHost>
  stopAll: () => Promise<void>
}

/** Nothing is running yet. */
export const createRunning = (): Running => {
  const stops: (() => Promise<void>)[] = []
  const host: Running['host'] = (coordinator, options = {}) => {
    const { url, pin, key, registry } = coordinator
    const linked = linkHost({ urls: [url], pin, coordinatorKey: publicHalf(key), token: registry.token(), ...options })
    stops.push(linked.link.close)
    return linked
  }
  return {
    coordinator: async (options) => {
      const coordinator = await startCoordinator(options)
      stops.push(coordinator.stop)
      return coordinator
    },
    host,
    openHost: async (coordinator, options) => {
      const linked = host(coordinator, options)
      await eventually('open', () => linked.states.find((state) => state.kind === 'open'))
      await eventually('session', () => coordinator.hub.session(linked.host.nodeId))
      return linked
    },
    stopAll: async () => {
      for (const stop of stops.splice(0).reverse()) await stop()
    },
  }
}
