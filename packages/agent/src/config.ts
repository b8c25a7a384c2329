import * as z from 'zod'
import { pinText } from '@drover/protocol'
import { parseKeyText, verifyKey, type VerifyKey } from '@drover/protocol/node'
import { readJsonFile } from './resident/read-json-file.ts'
import { StateFileError } from './resident/state-file-error.ts'

const FileSchema = z.strictObject({
  urls: z
    .array(z.string().max(256).regex(/^https:\/\/[^\s/?#@]+$/, 'must be like https://coordinator.example:8443'))
    .min(1)
    .max(16),
  key: z.string().max(128),
  pin: pinText,
  releaseBase: z.string().max(512).regex(/^https?:\/\/[^\s]+$/).optional().describe('where steps find releases of k3s; they read it themselves'),
})

/** What the agent was told at install: where the coordinator is, its public key and the pin of its certificate. */
export type AgentConfig = { readonly urls: readonly string[]; readonly coordinator: VerifyKey; readonly pin: string }

/** Reads /etc/drover/agent.json; throws StateFileError where anything about it is wrong. It is never rewritten. */
export const readConfig = (path: string): AgentConfig => {
  const { urls, key, pin } = readJsonFile(path, FileSchema, { maxBytes: 16_384, secret: false })
  const raw = parseKeyText(key)
  const coordinator = raw === null ? null : verifyKey(raw)
  if (coordinator === null) throw new StateFileError(path, 'key: is no public key of a coordinator (drvk1_…)')
  return { urls, coordinator, pin }
}
