import { type DialShown, RunSchema, type RunShown } from '@drover/protocol'
import type { Io } from './io.ts'

const answer = async (io: Io, run: string, { id, host, ip, ports }: DialShown): Promise<void> => {
  const results = await Promise.all(ports.map(async (port) => ({ host, ip, port, ...(await io.dial({ ip, port })) })))
  await io.client().call({ method: 'POST', path: `/api/v1/runs/${run}/dialled`, body: { id, results }, answer: RunSchema })
}

/** Dials what the run asks of this command, each question once, and tells what it reached. */
export const createWitness = (io: Io): ((run: RunShown) => Promise<void>) => {
  const answered = new Set<string>()
  return async (run) => {
    const open = run.dials.filter(({ id }) => !answered.has(id))
    for (const { id } of open) answered.add(id)
    await Promise.all(open.map((one) => answer(io, run.id, one)))
  }
}
