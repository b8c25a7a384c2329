import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeToken, tokenText } from '@drover/protocol/node'
import { tokenDigest } from '../../../packages/coordinator/src/api/authorize.ts'
import { API_LIMITS, type ApiLimits } from '../../../packages/coordinator/src/api/limits.ts'
import type { Api } from '../../../packages/coordinator/src/api/types.ts'
import { buildApp } from '../../../packages/coordinator/src/app.ts'
import type { Context } from '../../../packages/coordinator/src/context.ts'
import { createContext } from '../../../packages/coordinator/src/create-context.ts'
import { createDecide } from '../../../packages/coordinator/src/enrol/decide.ts'
import { homeAt, makeHome } from '../../../packages/coordinator/src/home.ts'
import { createHandlers } from '../../../packages/coordinator/src/intake/handlers.ts'
import { createSessionEvents } from '../../../packages/coordinator/src/intake/sessions.ts'
import { reconcile } from '../../../packages/coordinator/src/loop/reconcile.ts'
import { insertApiToken } from '../../../packages/coordinator/src/store/api-tokens.ts'
import type { ApiRole } from '../../../packages/coordinator/src/store/schema.ts'
import type { OpenOptions } from '../../../packages/coordinator/src/store/sqlite/open.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { createQuietLog, type LogLine } from './quiet-log.ts'
import { createStubHub, type StubHub } from './stub-hub.ts'

/** A coordinator without sockets: real SQLite file, real routes, sessions and clock in the test's hand. It plans when told to. */
export type TestCoordinator = {
  readonly root: string
  readonly context: Context
  readonly app: Api
  readonly hub: StubHub
  readonly clock: TestClock
  readonly lines: LogLine[]
  readonly decide: ReturnType<typeof createDecide>
  readonly handlers: ReturnType<typeof createHandlers>
  readonly events: ReturnType<typeof createSessionEvents>
  /** A fresh API token of a role, as text; `owner` is `<role>-person` unless given. */
  readonly token: (role: ApiRole, more?: { readonly owner?: string; readonly expiresAt?: number; readonly revokedAt?: number }) => Promise<string>
  /** One turn of the loop for each cluster. */
  readonly plan: () => Promise<void>
  /** Closes the database and the app; the folder stays for a coordinator that is started on it again. */
  readonly stop: () => Promise<void>
  /** Stops and removes the folder. */
  readonly remove: () => Promise<void>
}

/** `root`: a folder of an earlier one; `onCommit` sees each commit; `limits` of the API, where they are the test's subject. */
export type TestCoordinatorOptions = { readonly root?: string; readonly clock?: TestClock; readonly onCommit?: OpenOptions['onCommit']; readonly assetsFolder?: string; readonly limits?: ApiLimits; readonly freeBytes?: Context['freeBytes'] }

const DAY = 86_400_000
const PLENTY = { perSecond: 0, burst: 1_000_000, says: '' }
const UNLIMITED: ApiLimits = {
  ...API_LIMITS,
  budgets: { general: PLENTY, download: PLENTY, plan: PLENTY, apply: PLENTY, kubeconfig: PLENTY, 'join-token': PLENTY, copy: PLENTY },
}

/** Starts one in a temporary folder. */
export const startTestCoordinator = async (options: TestCoordinatorOptions = {}): Promise<TestCoordinator> => {
  const root = options.root ?? mkdtempSync(join(tmpdir(), 'drover-coordinator-'))
  const clock = options.clock ?? createTestClock()
  const home = homeAt(root)
  if (options.root === undefined) await makeHome(home, { version: 1, listen: { host: '127.0.0.1', port: 8443 }, advertise: ['https://10.0.0.1:8443'] })
  const { log, lines } = createQuietLog()
  const { onCommit, freeBytes } = options
  const opened = await createContext({ home, assetsFolder: options.assetsFolder ?? join(root, 'assets'), version: '0.1.0', log, now: clock.now, patienceMs: 300, ...(onCommit === undefined ? {} : { onCommit }), ...(freeBytes === undefined ? {} : { freeBytes }) })
  await opened.loop.stop()
  const hub = createStubHub(clock.now)
  opened.setHub(hub)
  const { context } = opened
  const app = await buildApp(context, options.limits ?? UNLIMITED)
  const stop = async (): Promise<void> => {
    await app.close()
    await opened.opened.close()
  }
  return {
    root, context, app, hub, clock, lines, stop,
    decide: createDecide(context),
    handlers: createHandlers(context),
    events: createSessionEvents(context),
    token: async (role, more = {}) => {
      const token = makeToken('api')
      const { owner = `${role}-person`, expiresAt = clock.now() + DAY, revokedAt = null } = more
      await insertApiToken(context.db, { id: token.id, digest: tokenDigest(token.secret), role, owner, created_at: clock.now(), expires_at: expiresAt, revoked_at: revokedAt })
      return tokenText(token)
    },
    plan: async () => {
      for (const name of context.world.clusters.keys()) await context.turn(() => reconcile(context, name))
    },
    remove: async () => {
      await stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
