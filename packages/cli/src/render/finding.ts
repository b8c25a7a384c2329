import { type ForecastShown, nextStep, render } from '@drover/protocol'

const LEVELS = { fatal: 'FATAL', asks: 'ASKS', note: 'note' } as const

/** A finding for people: how grave it is, what was found, and on a line of its own what to do about it. */
export const findingText = ({ level, said }: ForecastShown['findings'][number]): string => {
  const next = nextStep(said)
  return `${LEVELS[level]}  ${render(said)}${next === null ? '' : `\n         next: ${next}`}`
}
