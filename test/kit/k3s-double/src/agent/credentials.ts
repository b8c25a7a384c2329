import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { readText, writeWhole } from '../files.ts'
import { pause, type World } from '../world.ts'
import { type Access, type Answered, messageOf, send } from './client.ts'

/** The host's own password for its node name, made once. */
export function nodePassword(world: World): string {
  const kept = readText(world.paths.nodePassword)
  if (kept !== undefined && kept.trim() !== '') return kept.trim()
  const made = randomBytes(16).toString('hex')
  mkdirSync(dirname(world.paths.nodePassword), { recursive: true })
  writeWhole(world.paths.nodePassword, `${made}\n`)
  return made
}

/** The kubelet's certificate of an earlier start, if it is there. */
export function keptCertificate(world: World): { cert: string; key: string } | undefined {
  const [cert, key] = [readText(`${world.paths.agent}/client-kubelet.crt`), readText(`${world.paths.agent}/client-kubelet.key`)]
  return cert === undefined || key === undefined || cert === '' ? undefined : { cert, key }
}

const REJECTED = (file: string): string =>
  `Node password rejected, duplicate hostname or contents of '${file}' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag`

function keepPair(world: World, name: string, body: string): void {
  const cut = body.indexOf('-----BEGIN EC PRIVATE KEY-----')
  writeWhole(`${world.paths.agent}/${name}.crt`, body.slice(0, cut))
  writeWhole(`${world.paths.agent}/${name}.key`, body.slice(cut))
}

/** What a joining node needs to ask for its certificates. */
export type Joining = { readonly world: World; readonly access: Access; readonly ip: string }

async function fetchPair(from: Joining, name: string): Promise<void> {
  const headers = { 'k3s-node-name': from.world.node, 'k3s-node-password': nodePassword(from.world), 'k3s-node-ip': from.ip }
  const file = `${from.world.paths.agent}/${name}.crt`
  const answer = await send(from.access, { path: `/v1-k3s/${name}.crt`, headers })
  if (answer.status === 403) throw new Error(`${file}: ${REJECTED(from.world.paths.nodePassword)}`)
  if (answer.status !== 200) throw new Error(`${file}: ${from.access.url}/v1-k3s/${name}.crt: ${answer.status} ${messageOf(answer)}`)
  keepPair(from.world, name, answer.body)
}

async function fetchAll(from: Joining): Promise<Answered> {
  const config = await send(from.access, { path: '/v1-k3s/config' })
  if (config.status !== 200) throw new Error(`failed to retrieve configuration from server: ${messageOf(config)}`)
  await fetchPair(from, 'serving-kubelet')
  await fetchPair(from, 'client-kubelet')
  for (const name of ['client-ca', 'server-ca']) {
    const answer = await send(from.access, { path: `/v1-k3s/${name}.crt` })
    writeWhole(`${from.world.paths.agent}/${name}.crt`, answer.body)
  }
  return config
}

/** Asks for configuration and certificates until a server gives them; each refusal is logged and tried again. */
export async function waitForCredentials(from: Joining, retryMs: number): Promise<Answered | undefined> {
  while (!from.world.stopping.aborted) {
    try {
      return await fetchAll(from)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      from.world.log('info', `Waiting to retrieve agent configuration; server is not ready: ${text}`)
      await pause(from.world, retryMs)
    }
  }
  return undefined
}
