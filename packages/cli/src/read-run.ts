import { type Cluster, RunSchema, type RunShown } from '@drover/protocol'
import type { Client } from './client.ts'

/** The open or last run of a cluster, or null. */
export const readRunOf = async (client: Client, cluster: Cluster): Promise<RunShown | null> =>
  cluster.run === null ? null : readRun(client, cluster.run)

/** One run. */
export const readRun = (client: Client, id: string): Promise<RunShown> => client.call({ method: 'GET', path: `/api/v1/runs/${id}`, answer: RunSchema })
