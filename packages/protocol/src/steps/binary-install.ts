import * as z from 'zod'
import { Sha256Schema } from '../ids.ts'
import { K3S } from '../k3s/paths.ts'
import { K3sVersionSchema } from '../k3s/version.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

const ImageSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,120}\.(?:tar|tar\.gz|tar\.zst)$/),
  sha256: Sha256Schema,
})

/** Puts the k3s binary (and air-gap images) on the host, always by hash; starts nothing. */
export const binaryInstall = defineStep({
  kind: 'binary.install',
  summary: 'Fetches the k3s binary and air-gap images from the named origin, checks each by SHA-256 and renames it into place.',
  params: () => z.strictObject({
    version: K3sVersionSchema,
    arch: z.enum(['amd64', 'arm64']),
    sha256: Sha256Schema,
    origin: z.enum(['release', 'cache', 'file']).describe('upstream release, the coordinator, or /var/lib/drover/import'),
    images: z.array(ImageSchema).max(16),
  }),
  result: () => z.strictObject({ bytes: z.int(), from: z.enum(['release', 'cache', 'file', 'present']) }),
  class: () => 'prepare',
  consent: 'allow',
  describe: (params) => say('step.binary.install', { version: params.version, origin: params.origin }),
  touches: (params) => [
    { what: 'file', name: K3S.binary, how: 'made' },
    ...K3S.links.map((name) => ({ what: 'file' as const, name, how: 'made' as const })),
    { what: 'file', name: `${K3S.data}/data`, how: 'made' },
    ...params.images.map((image) => ({ what: 'file' as const, name: `${K3S.images}/${image.name}`, how: 'made' as const })),
  ],
  effect: (view, host, params) => {
    const images = Object.fromEntries(params.images.map((image) => [image.name, image.sha256]))
    const k3s = view.hosts[host]?.facts.k3s?.value
    return {
      hosts: {
        [host]: {
          binary: { version: params.version, sha256: params.sha256 },
          images,
          ...(k3s ? { k3s: { ...k3s, current: false } } : {}),
        },
      },
    }
  },
  secrets: () => [],
  timeout: 1_800_000,
  undo: 'undoes',
  example: { version: 'v1.36.2+k3s1', arch: 'amd64', sha256: 'a'.repeat(64), origin: 'release', images: [] },
})
