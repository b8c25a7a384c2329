import { expect } from 'vitest'
import { writeConfig } from '../install.ts'
import type { Chapter, Site } from '../site.ts'
import { cleanSlate, tryK3s } from '../trial.ts'

/** Runs on the spare host while it has no default route, and gives it its own back. */
const without = async ({ spare }: Site, run: () => Promise<void>): Promise<void> => {
  await cleanSlate(spare)
  const [had = ''] = (await spare.must('ip -4 route show default')).split('\n')
  await spare.must('ip -4 route flush exact default')
  try {
    await run()
  } finally {
    await spare.must(`ip -4 route replace ${had.trim()}`)
  }
}

const explicit = (ip: string): string => `token: x\nnode-ip: ${ip}\nadvertise-address: ${ip}\nflannel-iface: eth0\ndisable: [traefik, servicelb, metrics-server, local-storage, coredns]\ndisable-helm-controller: true\n`

/** What k3s says and does on a host without a default route: why Drover names every address, and makes a route nevertheless. */
export const noDefaultRoute: Chapter = {
  title: 'no default route',
  facts: [
    {
      name: 'with no address named a server ends with exit code 1',
      check: (site) =>
        without(site, async () => {
          await writeConfig(site.spare, 'config.yaml', 'token: x\n')
          const trial = await tryK3s(site.spare, { words: 'server', until: 'its end' })
          expect(trial.text).toContain('no default routes found in \\"/proc/net/route\\" or \\"/proc/net/ipv6_route\\"')
          expect(trial.code).toBe(1)
        }),
    },
    {
      name: 'with every address named it comes up, and the host still has no way to a service address',
      check: (site) =>
        without(site, async () => {
          await writeConfig(site.spare, 'config.yaml', explicit(site.spare.address))
          const trial = await tryK3s(site.spare, { words: 'server', until: /k3s is up and running/ })
          expect(trial.running).toBe(true)
          expect((await site.spare.exec(['ip', '-4', 'route', 'get', '10.43.0.1'])).stderr).toContain('Network is unreachable')
        }),
    },
  ],
}
