import * as z from 'zod'

/**
 * What steps need of the agent's own settings. `releaseBase`: where `<version>/<file>` of k3s is; `coordinators`: URLs
 * of the coordinator; `pin`: SHA-256 of its TLS public key info in base64.
 */
export type AgentSettings = {
  readonly releaseBase: string
  readonly coordinators: readonly string[]
  readonly pin: string | null
}

/** Where k3s publishes its releases. */
export const RELEASE_BASE = 'https://github.com/k3s-io/k3s/releases/download'

const web = z.string().regex(/^https?:\/\/[^\s]{1,500}$/)
const FileSchema = z.looseObject({ releaseBase: web.optional(), urls: z.array(web).optional(), pin: z.string().optional() })
const EnrolmentSchema = z.looseObject({ endpoints: z.array(web) })

/** Reads what concerns steps from the text of /etc/drover/agent.json; null where it is not JSON of that form. */
export const readAgentSettings = (text: string): AgentSettings | null => {
  const read = FileSchema.safeParse(parsed(text))
  if (!read.success) return null
  const { releaseBase, urls, pin } = read.data
  return {
    releaseBase: (releaseBase ?? RELEASE_BASE).replace(/\/+$/, ''),
    coordinators: urls ?? [],
    pin: pin?.replace(/^sha256\/\//, '') ?? null,
  }
}

/** The coordinator's URLs as it gave them last, from the text of the enrolment record's file; empty where there is none. */
export const readEndpoints = (text: string): readonly string[] => {
  const read = EnrolmentSchema.safeParse(parsed(text))
  return read.success ? read.data.endpoints : []
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
