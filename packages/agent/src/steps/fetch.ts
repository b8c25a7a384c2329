import { DROVER, DroverError } from '@drover/protocol'
import { releaseUrl } from '../core/k3s/release.ts'
import type { HostWriter } from '../host/host.ts'
import { type AbsolutePath, absolutePath, below } from '../host/path.ts'
import type { StepContext } from './step.ts'

/** One file that is wanted: by hash, with the name that a release gives it and the most bytes that it may have. */
export type Wanted = { readonly sha256: string; readonly releaseName: string; readonly maxBytes: number }

const MIB = 1_048_576
const IMPORT = absolutePath(DROVER.importFolder)

const hashMismatch = (where: string, wanted: Wanted, got: string): DroverError =>
  new DroverError('binary.hash', `${wanted.releaseName} from ${where} has another SHA-256 than was ordered`, {
    evidence: `wanted ${wanted.sha256}\ngot    ${got}`,
  })

type Source = { readonly url: string; readonly pin: string | null }

/** The coordinator's cache comes first also for a release: it is near, and the hash is the same; upstream where it has no such file. */
const sourcesOf = (context: StepContext<'binary.install'>, wanted: Wanted): readonly Source[] => {
  const { params, settings } = context
  const cache = settings.coordinators.map((url) => ({ url: `${url.replace(/\/+$/, '')}/artifacts/sha256/${wanted.sha256}`, pin: settings.pin }))
  const upstream = { url: releaseUrl(settings.releaseBase, params.version, wanted.releaseName), pin: null }
  return params.origin === 'release' ? [...cache, upstream] : cache
}

const tenths = (bytes: number): string => (bytes / MIB).toFixed(1)

const download = async (host: HostWriter, context: StepContext<'binary.install'>, job: { wanted: Wanted; to: AbsolutePath }): Promise<number> => {
  const { wanted, to } = job
  const failures: DroverError[] = []
  for (const { url, pin } of sourcesOf(context, wanted)) {
    let told = 0
    const onBytes = (bytes: number, total: number | null): void => {
      if (bytes - told < 8 * MIB) return
      told = bytes
      context.say(`${wanted.releaseName}: ${tenths(bytes)}${total === null ? '' : ` of ${tenths(total)}`} MiB`)
    }
    try {
      const got = await host.download({ url, to, maxBytes: wanted.maxBytes, pin, onBytes })
      if (got.sha256 === wanted.sha256) return got.bytes
      failures.push(hashMismatch(new URL(url).host, wanted, got.sha256))
      await host.remove(to)
    } catch (error) {
      if (!(error instanceof DroverError) || error.code !== 'binary.origin') throw error
      failures.push(error)
    }
  }
  throw failures.find((failure) => failure.code === 'binary.hash') ?? unreachable(failures)
}

const unreachable = (failures: readonly DroverError[]): DroverError =>
  new DroverError('binary.origin', failures.map((failure) => failure.message).join('; ') || 'no address of the coordinator is known')

const imported = async (host: HostWriter, wanted: Wanted, to: AbsolutePath): Promise<number> => {
  for (const name of (await host.list(IMPORT)) ?? []) {
    const path = below(IMPORT, name)
    if ((await host.sha256(path)) !== wanted.sha256) continue
    // Whoever may write to the person's file must not be able to change what root runs: a copy, and the hash of that.
    await host.copy(path, to)
    const got = await host.sha256(to)
    if (got !== wanted.sha256) throw hashMismatch(IMPORT, wanted, got ?? 'nothing')
    return (await host.stat(to))?.bytes ?? 0
  }
  throw new DroverError('binary.origin', `no file in ${IMPORT} has the SHA-256 ${wanted.sha256}`)
}

/** Brings a wanted file to a new path, from the order's origin, hash checked; resolves with its size in bytes. */
export const fetchFile = (host: HostWriter, context: StepContext<'binary.install'>, job: { wanted: Wanted; to: AbsolutePath }): Promise<number> =>
  context.params.origin === 'file' ? imported(host, job.wanted, job.to) : download(host, context, job)
