import { part } from '../api/kube-object.ts'
import { existsSync } from 'node:fs'
import { readLedger } from '../../ledger.ts'
import { parseToken, tokenFrom } from '../config/token.ts'
import type { Options } from '../config/options.ts'
import { checkFlannelInterface, chooseNodeIp } from '../kubelet/addresses.ts'
import { importImages } from '../kubelet/images.ts'
import { startKubelet } from '../kubelet/kubelet.ts'
import { openNodePorts } from '../kubelet/ports.ts'
import { hasStaticPod, prepareNode, startPod, unpack } from '../kubelet/side-effects.ts'
import { Fatal } from '../log.ts'
import { PACKAGED_ADD_ONS } from '../server/supervisor.ts'
import { waitForTokenFiles } from '../token-files.ts'
import { longVersion, pause, type World } from '../world.ts'
import { type Access, send } from './client.ts'
import { keptCertificate, waitForCredentials } from './credentials.ts'
import { type LoadBalancer, startLoadBalancer } from './load-balancer.ts'
import { fetchTrust } from './trust.ts'

async function waitForTrust(world: World, from: { url: string; shown: string; token: string }): Promise<string | undefined> {
  const token = parseToken(from.token)
  while (!world.stopping.aborted) {
    try {
      return await fetchTrust(from.url, token, world.log)
    } catch (error) {
      world.log('error', `Failed to validate connection to cluster at ${from.shown}: ${error instanceof Error ? error.message : String(error)}`)
      await pause(world, world.settings.retryMs)
    }
  }
  return undefined
}

async function readServers(access: Access): Promise<string[]> {
  const answer = await send(access, { path: '/v1-k3s/apiservers' }).catch(() => undefined)
  if (answer?.status !== 200) return []
  const list: unknown = JSON.parse(answer.body)
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
}

/** Goes on asking which servers there are: those that joined later are ways to go, too. */
async function keepServers(world: World, access: Access, balancer: LoadBalancer): Promise<void> {
  while (!world.stopping.aborted) {
    await pause(world, world.settings.heartbeatMs)
    balancer.update(await readServers(access))
  }
}

function checkArguments(world: World, options: Options): { url: string; token: string } {
  const token = tokenFrom(options, '') ?? ''
  const url = options.one('server') ?? ''
  if (token === '' && keptCertificate(world) === undefined) throw new Fatal('Error: --token is required')
  if (url === '') throw new Fatal('Error: --server is required')
  return { url, token }
}

function noteWipe(world: World): void {
  const last = readLedger(world.paths.ledger).findLast((line) => line.event === 'registered' || line.event === 'wiped')
  if (last?.event === 'registered' && !existsSync(`${world.paths.agent}/client-kubelet.crt`)) world.note({ event: 'wiped', role: 'agent' })
}

/** Whether the server's configuration leaves one of its packaged add-ons on, so that pods may come here. */
const hasAddOns = (config: unknown): boolean => PACKAGED_ADD_ONS.some((name) => part(config, 'Disables')[name] !== true)

/** Runs an agent from its first log line to READY (its Node is registered then); it never exits because a server is away. */
export async function runAgent(world: World, options: Options, ready: () => void): Promise<void> {
  noteWipe(world)
  world.note({ event: 'start', role: 'agent', pid: process.pid })
  if (unpack(world)) await pause(world, world.settings.unpackMs)
  world.reached('unpacked')
  await waitForTokenFiles(world, options)
  const { url, token } = checkArguments(world, options)
  const ip = chooseNodeIp(options)
  world.log('info', `Starting k3s agent ${longVersion(world.version)}`)
  const balancer = await startLoadBalancer(world, url)
  const ca = await waitForTrust(world, { url: balancer.url, shown: url, token })
  if (ca === undefined) return
  const secret = parseToken(token).secret
  const access: Access = { url: balancer.url, ca, basic: `node:${secret}` }
  const config = await waitForCredentials({ world, access, ip }, world.settings.configRetryMs)
  if (config === undefined) return
  checkFlannelInterface(options)
  world.log('info', `Logging containerd to ${world.paths.agent}/containerd/containerd.log`)
  world.log('info', 'Getting list of apiserver endpoints from server')
  const addresses = await readServers(access)
  world.log('info', `Got apiserver addresses from supervisor: [${addresses.join(' ')}]`)
  balancer.update(addresses)
  world.log('info', 'containerd is now running')
  importImages(world)
  const certificate = keptCertificate(world)
  if (certificate === undefined) throw new Fatal('Error: the kubelet certificate was not written')
  await startKubelet({ world, options, ip }, { url: balancer.url, ca, certificate })
  prepareNode(world, '10.42.1.0/24')
  const given: unknown = JSON.parse(config.body)
  if (hasStaticPod(world) || hasAddOns(given)) startPod(world)
  await openNodePorts()
  world.reached('before-ready')
  world.log('info', 'k3s agent is up and running')
  ready()
  void keepServers(world, access, balancer)
}
