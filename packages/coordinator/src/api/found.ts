import { DroverError, type ForecastShown } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { StoredForecast } from '../loop/make-forecast.ts'
import { showForecast } from '../show/forecast.ts'
import type { ClusterRow } from '../store/clusters.ts'

/** The cluster that a route names; throws resource.unknown. */
export const foundCluster = (context: Context, name: string): ClusterRow => {
  const cluster = context.world.clusters.get(name)
  if (cluster === undefined) throw new DroverError('resource.unknown', `no cluster is called ${name}`)
  return cluster
}

/** A forecast that was just made, as the API shows it. */
export const shownForecast = (context: Context, made: StoredForecast): ForecastShown => showForecast(context.world, made.row, { content: made.forecast, run: null })
