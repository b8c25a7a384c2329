import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Claim,
  ClusterNameSchema,
  type HostId,
  OrderIdSchema,
  type OrderReport,
  sealContextOf,
  STEPS,
  type StepKind,
  type StepParams,
} from '@drover/protocol'
import { generateSealPair, generateSigningPair, hostIdOf, jsonBytes, keyText, type RawKeyPair, sealSecret, signingKey, signOrder, toText, utf8 } from '@drover/protocol/node'
import { encodeRecord, type JournalRecord, readRecords } from '@drover/agent'
import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { LAB_NODE } from '../../kit/k3s-double/build.ts'
import type { Host } from '../host.ts'

const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
const AGENT = '/opt/drover/agent.mjs'
const JOURNAL = '/var/lib/drover/journal'

/** Bundles what carries steps out into one file and gives its bytes. */
export const bundleAgent = async (): Promise<Uint8Array> => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bundle-'))
  try {
    const outfile = join(folder, 'agent.mjs')
    const entry = fileURLToPath(new URL('../../../packages/agent/src/children.ts', import.meta.url))
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', banner: { js: REQUIRE } })
    return readFileSync(outfile)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A coordinator's key and the two tokens of one cluster. */
export type Site = { readonly key: RawKeyPair; readonly tokens: Readonly<Record<'server-token' | 'agent-token', string>> }

/** Makes keys and tokens for one cluster of tests. */
export const newSite = (): Site => ({
  key: generateSigningPair(),
  tokens: { 'server-token': toText(generateSigningPair().secret), 'agent-token': toText(generateSigningPair().secret) },
})

/** A lab host on which orders are carried out by hand. */
export type OrderHost = { readonly host: Host; readonly id: HostId; readonly sealPub: Uint8Array; readonly site: Site; readonly count: { orders: number } }

/** Gives a host the agent's program, its settings and its keys; nothing resident is started. */
export const prepareHost = async (host: Host, site: Site, agent: Uint8Array): Promise<OrderHost> => {
  const node = generateSigningPair()
  const seal = generateSealPair()
  const shown = (type: string, pair: RawKeyPair): string => `${JSON.stringify({ type, public: toText(pair.publicKey), secret: toText(pair.secret) })}\n`
  await host.writeFile(AGENT, agent, 0o755)
  const config = { urls: ['https://10.0.0.1:8443'], key: keyText(site.key.publicKey), pin: `sha256//${Buffer.alloc(32).toString('base64')}` }
  await host.writeFile('/etc/drover/agent.json', `${JSON.stringify(config)}\n`)
  await host.must('mkdir -p -m 700 /var/lib/drover /var/lib/drover/keys /var/lib/drover/journal; mkdir -p /var/lib/drover/import')
  await host.writeFile('/var/lib/drover/keys/node.json', shown('ed25519', node), 0o600)
  await host.writeFile('/var/lib/drover/keys/seal.json', shown('x25519', seal), 0o600)
  return { host, id: hostIdOf(node.publicKey), sealPub: seal.publicKey, site, count: { orders: 0 } }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const CLUSTER = ClusterNameSchema.parse('home')

const sealAll = async (on: OrderHost, names: readonly string[], order: Parameters<typeof sealContextOf>[0]): Promise<Record<string, string>> => {
  const sealed: Record<string, string> = {}
  for (const name of names) {
    const token = name === 'server-token' ? on.site.tokens['server-token'] : on.site.tokens['agent-token']
    sealed[name] = toText(await sealSecret(utf8(token), sealContextOf(order, name), on.sealPub))
  }
  return sealed
}

/** Writes a signed order into the host's journal and gives its id, as the resident half does when it takes one over. */
export const putOrder = async <K extends StepKind>(on: OrderHost, kind: K, wanted: { params: StepParams<K>; answerTo?: string }): Promise<string> => {
  const { params, answerTo = null } = wanted
  on.count.orders += 1
  const id = OrderIdSchema.parse(`ord-${'b'.repeat(14)}${LETTERS[Math.floor(on.count.orders / 32)] ?? 'z'}${LETTERS[on.count.orders % 32] ?? 'z'}`)
  const context = { id, cluster: CLUSTER, audience: on.id, notAfter: 2_000_000_000_000 }
  const definition = STEPS[kind] as { readonly secrets: (params: unknown) => readonly string[] }
  const order = {
    ...context,
    run: null,
    request: null,
    kind,
    params,
    incarnation: 1,
    epoch: 1,
    fence: { resource: 'home', value: 1 },
    attempt: 1,
    createdAt: 0,
    ttlMs: 60_000,
    forecast: null,
    requestedBy: 'lab',
    sealed: await sealAll(on, definition.secrets(params), context),
    answerTo,
  }
  const signed = signOrder(jsonBytes(order), signingKey(on.site.key.secret))
  await on.host.writeFile(`${JOURNAL}/${id}-1.jnl`, encodeRecord({ type: 'RECEIVED', ...signed, at: Date.now() }), 0o600)
  return id
}

/** The unit and the command that carry an order out, as the resident half starts them. */
export const stepCommand = (id: string): readonly string[] => [
  'systemd-run',
  `--unit=drover-step-${id}-1`,
  '--collect',
  '--quiet',
  '--property=UMask=0077',
  '--',
  LAB_NODE,
  AGENT,
  'run-step',
  id,
  '1',
]

/** The records of an order's journal on the host. */
export const recordsOf = async (on: OrderHost, id: string): Promise<readonly JournalRecord[]> => {
  const base64 = await on.host.must(`base64 -w0 ${JOURNAL}/${id}-1.jnl`)
  return readRecords(Buffer.from(base64, 'base64')).records
}

/** As long as the longest step may take: a server that joins waits for others. */
const MOST = 600_000

/** Starts an order's step and waits for its unit to end; gives the last record. */
export const carryOut = async (on: OrderHost, id: string): Promise<JournalRecord | undefined> => {
  const [program = '', ...rest] = stepCommand(id)
  const ran = await on.host.exec([program, '--wait', ...rest], { timeoutMs: MOST })
  const last = (await recordsOf(on, id)).at(-1)
  if (last?.type === 'FAILED') process.stderr.write(`${JSON.stringify(last, null, 1)}\n`)
  if (ran.code !== 0) process.stderr.write(`${id}: ${ran.stderr} ${await on.host.journal(`drover-step-${id}-1`)}\n`)
  return last
}

/** The claim that the cluster of these tests has. */
export const claimOf = (seed: OrderHost): Claim => ({ cluster: CLUSTER, incarnation: 1, seed: seed.id })

/** Progress as the child left it beside the journal. */
export const saidOf = async (on: OrderHost, id: string): Promise<OrderReport | null> => {
  const text = await on.host.sh(`cat ${JOURNAL}/${id}-1.said`)
  return text.code === 0 ? (JSON.parse(text.stdout) as OrderReport) : null
}
