import { agent } from './facts/agent.ts'
import { config } from './facts/config.ts'
import { copy } from './facts/copy.ts'
import { firstStart } from './facts/first-start.ts'
import { http } from './facts/http.ts'
import { kubectl } from './facts/kubectl.ts'
import { noDefaultRoute } from './facts/no-default-route.ts'
import { refusals } from './facts/refusals.ts'
import { server } from './facts/server.ts'
import { stop } from './facts/stop.ts'
import type { Chapter } from './site.ts'

/** All that Drover relies on of k3s, in the order it is looked at: later chapters use the hosts as earlier ones leave them. */
export const CHAPTERS: readonly Chapter[] = [server, config, http, kubectl, agent, refusals, noDefaultRoute, firstStart, stop, copy]
