import type { Command } from 'commander'
import type { Io } from './io.ts'

/** One verb of the CLI: adds itself to the program and talks through `io`. */
export type CliCommand = (program: Command, io: Io) => void
