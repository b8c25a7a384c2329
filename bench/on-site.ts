import { openSite, type Site } from '../test/lab/drover/site.ts'
import { missingForLab } from '../test/lab/requirements.ts'
import type { Row } from './row.ts'

/** Measures on bare hosts of a lab, with a coordinator and a k3s in its cache; where there can be no lab the row of `title` says what is missing. */
export const onSite = async (title: string, { name, hosts }: { readonly name: string; readonly hosts: readonly string[] }, measure: (site: Site) => Promise<readonly Row[]>): Promise<readonly Row[]> => {
  const missing = missingForLab()
  if (missing.length > 0) return [{ name: title, value: `no lab here: ${missing.map(({ how }) => how).join('; ')}` }]
  const site = await openSite({ name, hosts: Object.fromEntries(hosts.map((host) => [host, null])) })
  try {
    return await measure(site)
  } finally {
    await site.close()
  }
}
