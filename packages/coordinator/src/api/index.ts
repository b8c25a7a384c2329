import { artifacts } from './artifacts.ts'
import { clusters } from './clusters.ts'
import { copies } from './copies.ts'
import { events } from './events.ts'
import { firings } from './firings.ts'
import { forecasts } from './forecasts.ts'
import { health } from './health.ts'
import { hosts } from './hosts.ts'
import { installer } from './installer.ts'
import { runs } from './runs.ts'
import { snapshots } from './snapshots.ts'
import { tokens } from './tokens.ts'
import type { ApiPlugin } from './types.ts'

/** Every resource of the API. */
export const PLUGINS: readonly ApiPlugin[] = [health, hosts, clusters, forecasts, runs, tokens, artifacts, snapshots, copies, firings, events, installer]
