import { expect } from 'vitest'
import { findNode, type Node } from '../nodes.ts'
import type { Chapter, Fact, Site } from '../site.ts'

const own = async ({ server }: Site): Promise<Node> => {
  const node = await findNode(server, server.name)
  if (node === undefined) throw new Error('the server has no Node')
  return node
}

const last: Fact = {
  name: 'of config.yaml and config.yaml.d/*.yaml, in the order of their names, the last value wins; other suffixes are not read',
  check: async (site) => {
    expect((await own(site)).metadata.name).toBe(site.server.name)
  },
}

const appended: Fact = {
  name: 'a key with + appends to the list of an earlier file',
  check: async (site) => {
    expect((await own(site)).metadata.labels).toMatchObject({ 'from-file': '1', both: 'file', 'from-drop-in': '2' })
  },
}

const unknown: Fact = {
  name: 'an unknown key is only warned about',
  check: async ({ server }) => {
    expect(await server.journal('k3s')).toContain('level=warning msg="Unknown flag --nosuchkey found in config.yaml, skipping\\n"')
  },
}

const shown: Fact = {
  name: "the Node's node-args annotation shows the merged options, without the secrets",
  check: async (site) => {
    const text = (await own(site)).metadata.annotations['k3s.io/node-args'] ?? ''
    expect(text).toContain(`"--node-name","${site.server.name}"`)
    expect(text).not.toContain('contract-')
  },
}

/** What becomes of the files below /etc/rancher/k3s. */
export const config: Chapter = { title: 'configuration files', facts: [last, appended, unknown, shown] }
