// The other end of the bench's cable: connects and sends to whom it is told on standard input, and prints the times.
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

type Task = { readonly kind: 'connect' | 'round-trip'; readonly ip: string; readonly port: number; readonly times: number }

const connectOnce = ({ ip, port }: Task): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, noDelay: true })
    socket.once('error', reject).once('connect', () => {
      socket.resetAndDestroy()
      resolve()
    })
  })

const medianUs = async (times: number, once: () => Promise<void>): Promise<number> => {
  const took: number[] = []
  for (let round = 0; round < times; round += 1) {
    const began = performance.now()
    await once()
    took.push((performance.now() - began) * 1000)
  }
  return took.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN
}

const roundTrips = async ({ ip, port, times }: Task): Promise<number> => {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.connect(port, ip, resolve)
  })
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      socket.once('message', () => resolve())
      socket.send('x')
    })
  const median = await medianUs(times, once)
  socket.close()
  return median
}

/** A cable that was just plugged in may take a moment. */
const untilReached = async (task: Task): Promise<void> => {
  for (let tries = 0; tries < 100; tries += 1) if (await connectOnce(task).then(() => true, () => false)) return
}

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line) as Task
  if (task.kind === 'connect') await untilReached(task)
  const us = task.kind === 'connect' ? await medianUs(task.times, () => connectOnce(task)) : await roundTrips(task)
  process.stdout.write(`${JSON.stringify(us)}\n`)
}
