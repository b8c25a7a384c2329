import { canonicalMembers, canonicalRuleset, DroverError, FIREWALL, type Members, type Ruleset, rulesDigest } from '@drover/protocol'
import { renderBootUnit } from '../../core/firewall/boot-unit.ts'
import { arm, changeMembers, dropTable, keep, prepare, whole } from '../../core/firewall/commands.ts'
import { generationOf } from '../../core/firewall/generation.ts'
import { type NftCommand, transaction } from '../../core/firewall/nft.ts'
import { type FirewallState, NO_TABLE, stateOf } from '../../core/firewall/state.ts'
import { parseTable } from '../../core/firewall/table.ts'
import type { HostReader, HostWriter } from '../../host/host.ts'
import { readText } from '../../host/k3s-marks.ts'
import { absolutePath } from '../../host/path.ts'
import { TOOL_FOLDERS } from '../../host/tools.ts'
import { FIREWALL_AT } from '../at.ts'
import type { FirewallBackend, Staging } from '../backend.ts'
import { armTimer, disarm } from '../dead-man.ts'

const LIST = ['-j', 'list', 'table', ...FIREWALL.table.split(' ')] as const

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const COUNTS = /"(?:packets|bytes)": ?\d+/g

/** The resident agent looks every few seconds, and mostly at the very same texts: to take them apart anew would cost it memory for good. */
const KNOWN = { kernel: new WeakMap<HostReader, Parsed>(), kept: new WeakMap<HostReader, Parsed>() } as const
type Parsed = { readonly text: string; readonly state: FirewallState }

const parsed = (host: HostReader, from: keyof typeof KNOWN, text: string): FirewallState => {
  const before = KNOWN[from].get(host)
  if (before?.text === text) return before.state
  const state = stateOf(parseTable(text))
  KNOWN[from].set(host, { text, state })
  return state
}

const read = async (host: HostReader): Promise<FirewallState> => {
  const ran = await host.read('nft', LIST)
  if (ran.code === 0) return parsed(host, 'kernel', ran.stdout.replaceAll(COUNTS, '"packets":0'))
  if (/No such file or directory/.test(ran.stderr)) return NO_TABLE
  throw new DroverError('step.tool', 'nft cannot list its table', { evidence: ran.stderr })
}

const readKept = async (host: HostReader): Promise<Ruleset | null> => {
  const text = await readText(host, FIREWALL_AT.active)
  return text === null ? null : (parsed(host, 'kept', text).active?.ruleset ?? null)
}

const load = async (host: HostWriter, path: string): Promise<void> => {
  const ran = await host.change('nft', ['-j', '-f', path])
  if (ran.code !== 0) throw new DroverError('step.tool', 'nft refuses the rules; nothing of them is in force', { evidence: ran.stderr })
}

/** Loads one transaction: all of it or nothing. */
const run = async (host: HostWriter, commands: readonly NftCommand[]): Promise<void> => {
  if (commands.length === 0) return
  await host.writeFile(FIREWALL_AT.transaction, bytesOf(transaction(commands)), 0o600)
  try {
    await load(host, FIREWALL_AT.transaction)
  } finally {
    await host.remove(FIREWALL_AT.transaction)
  }
}

const stage = async (host: HostWriter, { ruleset, windowMs }: Staging): Promise<void> => {
  const rules = rulesDigest(ruleset)
  const { active } = await read(host)
  const goesBackTo = active === null || active.ruleset === null ? null : active.digests.rules
  await armTimer(host, (await readText(host, FIREWALL_AT.active)) ?? transaction(dropTable), windowMs)
  await run(host, [...prepare(ruleset), ...arm(rules, goesBackTo, windowMs)])
}

const persist = (host: HostWriter, ruleset: Ruleset): Promise<void> =>
  host.writeFile(FIREWALL_AT.active, bytesOf(transaction(whole(ruleset))), 0o600)

const nftPath = async (host: HostReader): Promise<string> => {
  for (const folder of TOOL_FOLDERS) if ((await host.stat(absolutePath(`${folder}/nft`))) !== null) return `${folder}/nft`
  return 'nft'
}

const enableAtBoot = async (host: HostWriter): Promise<void> => {
  const text = renderBootUnit(await nftPath(host))
  if ((await readText(host, FIREWALL_AT.unitFile)) !== text) await host.writeFile(FIREWALL_AT.unitFile, bytesOf(text), 0o644)
  await host.daemonReload()
  const unit = await host.unit(FIREWALL.unit)
  if (!unit.enabled) await host.unitDo('enable', FIREWALL.unit)
}

/** systemd carries restarts of nftables.service on to our unit only while that one is active. */
const beActive = async (host: HostWriter): Promise<void> => {
  if ((await host.unit(FIREWALL.unit)).active !== 'active') await host.unitDo('start', FIREWALL.unit)
}

const commit = async (host: HostWriter, ruleset: Ruleset): Promise<void> => {
  const rules = rulesDigest(ruleset)
  await disarm(host)
  await persist(host, ruleset)
  await enableAtBoot(host)
  const { generations } = await read(host)
  const id = generationOf(rules)
  const others = generations.filter((one) => one !== id)
  await run(host, generations.includes(id) ? keep(rules, others) : whole(ruleset))
  await beActive(host)
}

/** The connections of members that left go on until they are forgotten. */
const forget = async (host: HostWriter, gone: readonly string[]): Promise<void> => {
  if (gone.length === 0 || !(await host.hasTool('conntrack'))) return
  for (const address of gone) await host.change('conntrack', ['-D', '-f', address.includes(':') ? 'ipv6' : 'ipv4', '-s', address])
}

const MOST_TRIES = 3

const setMembers = async (host: HostWriter, members: Members): Promise<void> => {
  const wanted = canonicalMembers(members)
  for (let tries = 1; ; tries += 1) {
    const { active } = await read(host)
    if (active === null || active.ruleset === null) throw new DroverError('firewall.other-rules', 'no rules of Drover are in force')
    const ruleset = canonicalRuleset({ ...active.ruleset, ...wanted })
    await persist(host, ruleset)
    const had = canonicalMembers(active.ruleset)
    try {
      await run(host, changeMembers(active.digests.rules, had, wanted))
      return await forget(host, had.nodes.filter((one) => !wanted.nodes.includes(one)))
    } catch (error) {
      if (tries >= MOST_TRIES) throw error // the resident half may have put the new list in force meanwhile
    }
  }
}

const restore = async (host: HostWriter): Promise<void> => {
  if ((await host.stat(FIREWALL_AT.active)) !== null) return load(host, FIREWALL.active)
  if ((await read(host)) !== NO_TABLE) await run(host, dropTable)
}

const remove = async (host: HostWriter): Promise<readonly string[]> => {
  const removed: string[] = []
  await disarm(host)
  const unit = await host.unit(FIREWALL.unit)
  if (unit.enabled) await host.unitDo('disable', FIREWALL.unit)
  if (unit.active === 'active') await host.unitDo('stop', FIREWALL.unit)
  for (const path of [FIREWALL_AT.unitFile, FIREWALL_AT.active]) {
    if ((await host.stat(path)) === null) continue
    await host.remove(path)
    removed.push(path)
  }
  await host.daemonReload()
  await host.removeEmpty(FIREWALL_AT.folder)
  if ((await read(host)) === NO_TABLE) return removed
  await run(host, dropTable)
  return [...removed, `table ${FIREWALL.table}`]
}

/** The table of Drover's own, by nft (1.0 or newer, with JSON). */
export const nftables: FirewallBackend = {
  name: 'nftables',
  isThere: (host) => host.hasTool('nft'),
  read,
  readKept,
  stage,
  commit,
  setMembers,
  restore,
  remove,
}
