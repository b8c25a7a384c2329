import { runCli } from '../../../packages/cli/src/program.ts'
import { createFakeIo, type FakeIo, type FakeIoOptions } from './fake-io.ts'

/** Runs one command line on an Io of the test's own and gives it with the exit code. */
export const run = async (argv: readonly string[], options: FakeIoOptions = {}): Promise<FakeIo & { code: number }> => {
  const io = createFakeIo(options)
  return Object.assign(io, { code: await runCli(argv, io) })
}
