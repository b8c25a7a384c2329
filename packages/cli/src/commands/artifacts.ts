import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { Argument, Option } from 'commander'
import { ArtifactSchema, K3sVersionSchema } from '@drover/protocol'
import { artifactFault, type ArtifactFile } from '../artifact-fault.ts'
import { CliError } from '../cli-error.ts'
import type { CliCommand } from '../command.ts'

/** `drover artifacts import FILE --version …`: fills the cache that `origin: cache` installs from. */
export const artifacts: CliCommand = (program, io) => {
  program
    .command('artifacts')
    .description('the coordinator\'s cache of k3s binaries and image archives')
    .addArgument(new Argument('<verb>', 'import').choices(['import']))
    .argument('<file>', 'the file')
    .requiredOption('--version <version>', 'k3s release it belongs to, such as v1.36.2+k3s1')
    .addOption(new Option('--arch <arch>', 'architecture').choices(['amd64', 'arm64']).default('amd64'))
    .addOption(new Option('--kind <kind>', 'what it is').choices(['k3s', 'images']).default('k3s'))
    .action(async (_verb: string, file: string, options: { version: string } & Pick<ArtifactFile, 'arch' | 'kind'>) => {
      const version = K3sVersionSchema.safeParse(options.version)
      if (!version.success) throw new CliError(2, `--version ${version.error.issues[0]?.message ?? ''}`)
      const size = sizeOf(file)
      const name = basename(file).toLowerCase()
      const fault = artifactFault({ ...options, name, size, head: headOf(file) })
      if (fault !== null) throw new CliError(2, `${file} is not ${options.kind === 'k3s' ? 'a k3s' : 'an archive of images'}: ${fault}`)
      const sha256 = await hashOf(file)
      const query = new URLSearchParams({ name, kind: options.kind, version: version.data, arch: options.arch })
      const artifact = await io.client().call({
        method: 'PUT',
        path: `/api/v1/artifacts/${sha256}?${query.toString()}`,
        stream: { data: createReadStream(file), size },
        answer: ArtifactSchema,
      })
      io.out(`${artifact.name}  ${artifact.version}  ${artifact.arch}  ${String(artifact.size)} bytes  sha256 ${artifact.sha256}\n`)
    })
}

const sizeOf = (file: string): number => {
  try {
    const about = statSync(file)
    if (!about.isFile()) throw new CliError(2, `${file} is not a file`)
    return about.size
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(2, `cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
}

const headOf = (file: string): Uint8Array => {
  const head = new Uint8Array(512)
  const opened = openSync(file, 'r')
  try {
    return head.subarray(0, readSync(opened, head, 0, head.length, 0))
  } finally {
    closeSync(opened)
  }
}

const hashOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
