import type { ExecResult } from '../command.ts'
import { LAB_NODE } from '../../kit/k3s-double/build.ts'
import type { Host } from '../host.ts'
import type { Vantage } from '../vantage.ts'

/** How a port answers a new connection: a listener, a reset, or nothing within 1.2 s. */
export type Answer = 'open' | 'refused' | 'filtered' | 'unreachable'

const DIAL = `const [ip, port] = process.argv.slice(1)
const socket = require('node:net').connect({ host: ip, port: Number(port) })
const end = (word) => { console.log(word); process.exit() }
setTimeout(() => end('filtered'), 1200)
socket.on('connect', () => end('open')).on('error', (error) => end(error.code === 'ECONNREFUSED' ? 'refused' : 'unreachable'))`

type Exec = (argv: readonly string[]) => Promise<ExecResult>

const dialBy = async (exec: Exec, node: string, at: readonly [string, number]): Promise<Answer> => {
  const { stdout } = await exec([node, '-e', DIAL, at[0], String(at[1])])
  return stdout.trim() as Answer
}

/** Connects anew from a place outside the hosts. */
export const dialFrom = (from: Vantage, ip: string, port: number): Promise<Answer> => dialBy((argv) => from.exec(argv), process.execPath, [ip, port])
/** Connects anew from a host. */
export const dialOn = (from: Host, ip: string, port: number): Promise<Answer> => dialBy((argv) => from.exec(argv), LAB_NODE, [ip, port])

/** A program that listens on these ports and greets whoever connects; without single quotes, for a shell. */
export const LISTEN = `for (const port of process.argv.slice(1)) require("node:net").createServer((socket) => socket.on("error", () => {}).write("hello")).listen(Number(port), "::")`
