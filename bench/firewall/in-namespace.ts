// Runs in a network namespace of its own: loads the firewall's transactions there and prints what they cost as JSON.
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { canonicalMembers, membersDigest, type Ruleset, rulesDigest } from '@drover/protocol'
import { arm, changeMembers, keep, prepare, whole } from '../../packages/agent/src/core/firewall/commands.ts'
import { type NftCommand, transaction } from '../../packages/agent/src/core/firewall/nft.ts'
import { stateOf } from '../../packages/agent/src/core/firewall/state.ts'
import { parseTable } from '../../packages/agent/src/core/firewall/table.ts'
import { median } from '../row.ts'

const [MEMBERS, ROUNDS] = [1_000, 11]
const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'))
const file = join(folder, 'transaction.json')

const address = (index: number): string => `10.0.${String((index >> 8) + 1)}.${String(index & 255)}`
const RULES: Ruleset = {
  guarded: ['cable'],
  nodes: ['10.0.0.2', ...Array.from({ length: MEMBERS - 1 }, (_, index) => address(index))],
  servers: ['10.0.0.2'],
  admins: ['192.0.2.0/24'],
  admit: [
    { from: 'anyone', proto: 'tcp', ports: [80, 443] },
    { from: 'admins', proto: 'tcp', ports: [22, 6443] },
    { from: 'nodes', proto: 'tcp', ports: [6443, 10_250, 5001] },
    { from: 'nodes', proto: 'udp', ports: [8472] },
  ],
  overlay: ['10.42.0.0/15'],
}
const next: Ruleset = { ...RULES, admins: ['198.51.100.0/24'] }

const time = (work: () => unknown): number => {
  const began = performance.now()
  work()
  return performance.now() - began
}
/** As a step does it: the transaction is made, written and loaded. */
const load = (commands: () => readonly NftCommand[]): number =>
  time(() => {
    writeFileSync(file, transaction(commands()))
    execFileSync('nft', ['-j', '-f', file])
  })
const list = (): string => execFileSync('nft', ['-j', 'list', 'table', 'inet', 'drover']).toString()
const rounds = (work: () => number): number => median(Array.from({ length: ROUNDS }, work))

const apply = (): number => load(() => [...prepare(next), ...arm(rulesDigest(next), rulesDigest(RULES), 60_000)])
const commit = (): number => {
  apply()
  return load(() => keep(rulesDigest(next), [rulesDigest(RULES).slice(0, 12)]))
}
const reset = (): number => load(() => whole(RULES))
const others = canonicalMembers({ nodes: RULES.nodes.slice(1), servers: RULES.servers })
const member = (): number => load(() => changeMembers(rulesDigest(RULES), canonicalMembers(RULES), others))

const costs = {
  boot: rounds(reset),
  apply: rounds(() => (reset(), apply())),
  commit: rounds(() => (reset(), commit())),
  member: rounds(() => (reset(), member())),
  read: (reset(), rounds(() => time(() => stateOf(parseTable(list()))))),
  digest: rounds(() => time(() => membersDigest(RULES))),
}

const ip = (args: string): void => void execFileSync('ip', args.split(' '))
const peer = spawn('unshare', ['--net', process.execPath, fileURLToPath(new URL('peer.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
const ask = async (kind: 'connect' | 'round-trip', port: number, times: number): Promise<number> => {
  peer.stdin.write(`${JSON.stringify({ kind, ip: '10.0.0.1', port, times })}\n`)
  return Number((await answers.next()).value)
}
const ownNet = execFileSync('readlink', ['/proc/self/ns/net']).toString()
while (execFileSync('readlink', [`/proc/${String(peer.pid)}/ns/net`]).toString() === ownNet) continue
ip('link set lo up')
ip(`link add cable type veth peer name eth0 netns ${String(peer.pid)}`)
ip('addr add 10.0.0.1/16 dev cable')
ip('link set cable up')
execFileSync('nsenter', ['-t', String(peer.pid), '-n', 'sh', '-c', 'ip addr add 10.0.0.2/16 dev eth0; ip link set eth0 up'])
const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(6443, '10.0.0.1')
const echo = createSocket('udp4').on('message', (text, { port, address: to }) => echo.send(text, port, to))
echo.bind(8472, '10.0.0.1')

const paths: { table: boolean; connectUs: number; roundTripUs: number }[] = []
for (const table of [false, true, false, true, false, true]) {
  execFileSync('nft', ['flush', 'ruleset'])
  if (table) reset()
  paths.push({ table, connectUs: await ask('connect', 6443, 2_000), roundTripUs: await ask('round-trip', 8472, 10_000) })
}
process.stdout.write(JSON.stringify({ costs, paths }))
peer.kill('SIGKILL')
server.close()
echo.close()
rmSync(folder, { recursive: true })
process.exit(0)
