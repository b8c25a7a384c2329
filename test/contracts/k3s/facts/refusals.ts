import { expect } from 'vitest'
import { writeConfig } from '../install.ts'
import { SECRETS, type Chapter, type Fact, type Site } from '../site.ts'
import { cleanSlate, tryK3s } from '../trial.ts'

type Case = {
  readonly name: string
  readonly words: string
  readonly config: (site: Site) => string
  readonly says: RegExp
  /** The exit code, or that it goes on running. */
  readonly ends: number | 'goes on'
}

const server = (site: Site): string => `server: https://${site.server.address}:6443\nnode-ip: ${site.spare.address}\nflannel-iface: eth0\n`
const WRONG_HASH = `K10${'a'.repeat(64)}`
const dead = (site: Site): string => site.server.address.replace(/\d+$/, '199')
const FAILED = 'level=fatal msg="Error: preparing server: failed to bootstrap cluster data: '

const CASES: readonly Case[] = [
  { name: 'an agent without a token', words: 'agent', config: server, says: /level=fatal msg="Error: --token is required"/, ends: 1 },
  { name: 'an agent without a server', words: 'agent', config: () => 'token: x\n', says: /level=fatal msg="Error: --server is required"/, ends: 1 },
  {
    name: 'an agent with a wrong token',
    words: 'agent',
    config: (site) => `${server(site)}token: wrong\n`,
    says: /level=info msg="Waiting to retrieve agent configuration; server is not ready: failed to retrieve configuration from server: not authorized"/,
    ends: 'goes on',
  },
  {
    name: "an agent with the server's token, where agents have their own",
    words: 'agent',
    config: (site) => `${server(site)}token: ${SECRETS.server}\n`,
    says: /server is not ready: failed to retrieve configuration from server: not authorized"/,
    ends: 'goes on',
  },
  {
    name: 'an agent with the hash of another authority',
    words: 'agent',
    config: (site) => `${server(site)}token: ${WRONG_HASH}::node:${SECRETS.agent}\n`,
    says: /level=error msg="Failed to validate connection to cluster at https:\/\/[0-9.]+:6443: token CA hash does not match the Cluster CA certificate hash: a{64} != [0-9a-f]{64}"/,
    ends: 'goes on',
  },
  {
    name: 'an agent whose server is not there',
    words: 'agent',
    config: (site) => `${server(site).replace(site.server.address, dead(site))}token: x\n`,
    says: /level=error msg="Failed to validate connection to cluster at https:\/\/[0-9.]+:6443: failed to get CA certs: Get \\"https:\/\/127\.0\.0\.1:6444\/cacerts\\": /,
    ends: 'goes on',
  },
  {
    name: 'a joining server with a wrong token',
    words: 'server',
    config: (site) => `${server(site)}token: wrong\n`,
    says: new RegExp(`${FAILED}not authorized"`),
    ends: 1,
  },
  {
    // it does not join: it makes a cluster of its own
    name: 'a server that is told to join and has no token',
    words: 'server',
    config: server,
    says: /Datastore connection validated successfully, proceeding with bootstrap data generation[^]*generated self-signed CA certificate/,
    ends: 'goes on',
  },
  {
    name: 'a token file that is not there',
    words: 'agent',
    config: (site) => `${server(site)}token-file: /etc/rancher/k3s/none\n`,
    says: /level=info msg="Waiting for file \\"\/etc\/rancher\/k3s\/none\\" to be created\\n"/,
    ends: 'goes on',
  },
  {
    name: 'a flannel-iface that is not there',
    words: 'agent',
    config: (site) => `${server(site).replace('eth0', 'nosuch')}token: ${SECRETS.agent}\n`,
    says: /level=fatal msg="Error: unable to find interface nosuch: route ip\+net: no such network interface"/,
    ends: 1,
  },
  {
    name: 'a joining server with the hash of another authority',
    words: 'server',
    config: (site) => `${server(site)}token: ${WRONG_HASH}::server:${SECRETS.server}\n`,
    says: new RegExp(
      `${FAILED}failed to check if bootstrap data has been initialized: failed to validate token: token CA hash does not match the Cluster CA certificate hash: a{64} != [0-9a-f]{64}"`,
    ),
    ends: 1,
  },
  {
    name: 'a joining server whose peer is not there',
    words: 'server',
    config: (site) => `${server(site).replace(site.server.address, dead(site))}token: x\n`,
    says: new RegExp(
      `${FAILED}failed to check if bootstrap data has been initialized: failed to validate token: failed to get CA certs: Get \\\\"https://[0-9.]+:6443/cacerts\\\\": dial tcp [0-9.]+:6443: connect: no route to host"`,
    ),
    ends: 1,
  },
  {
    name: 'a label that kubelet may not set',
    words: 'agent',
    config: (site) => `${server(site)}token: ${SECRETS.agent}\nnode-label: ["node-role.kubernetes.io/x=1"]\n`,
    says: /kubelet exited: failed to validate kubelet flags: unknown 'kubernetes\.io' or 'k8s\.io' labels specified with --node-labels: \[node-role\.kubernetes\.io\/x\]/,
    ends: 0,
  },
  { name: 'an unclosed list in YAML', words: 'server', config: () => 'disable: [traefik\n', says: /level=fatal msg="yaml: line 1: did not find expected ',' or ']'"/, ends: 1 },
  { name: 'two colons in YAML', words: 'server', config: () => 'a: b: c\n', says: /level=fatal msg="yaml: mapping values are not allowed in this context"/, ends: 1 },
  { name: 'an unknown flag on the command line', words: 'server --nosuchflag', config: () => '', says: /flag provided but not defined: -nosuchflag/, ends: 1 },
]

const asFact = (one: Case): Fact => ({
  name: `${one.name}: ${one.ends === 'goes on' ? 'says so and goes on' : `exit code ${one.ends}`}`,
  check: async (site) => {
    await cleanSlate(site.spare)
    await writeConfig(site.spare, 'config.yaml', one.config(site))
    const trial = await tryK3s(site.spare, { words: one.words, until: one.ends === 'goes on' ? one.says : 'its end' })
    expect(trial.text).toMatch(one.says)
    expect(trial.running ? 'goes on' : trial.code).toBe(one.ends)
  },
})

/** What k3s says and does when it cannot start or join. */
export const refusals: Chapter = { title: 'refusals', facts: CASES.map(asFact) }
