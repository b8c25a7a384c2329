import { type ForecastShown, RunSchema, type RunShown } from '@drover/protocol'
import type { Io } from './io.ts'

/** Approves a forecast by the hash of what was shown. */
export const approveForecast = async (io: Io, forecast: ForecastShown): Promise<RunShown> => {
  const run = await io.client().call({ method: 'POST', path: `/api/v1/forecasts/${forecast.id}/approve`, body: { hash: forecast.hash }, answer: RunSchema })
  io.out(`Approved. Run ${run.id} has begun; see it with: drover status ${forecast.cluster}\n`)
  return run
}
