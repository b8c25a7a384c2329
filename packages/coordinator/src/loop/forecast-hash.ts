import type { Context } from '../context.ts'
import { readForecast } from '../store/forecasts.ts'

/** The hash of a stored forecast, or null where it is gone. */
export const readForecastHash = async (context: Context, id: string): Promise<string | null> => (await readForecast(context.db, id))?.hash ?? null
