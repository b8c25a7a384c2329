import { networkInterfaces } from 'node:os'

/** The addresses of the machine that this process runs on, loopback left out. */
export const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).filter(({ internal }) => !internal).map(({ address }) => address))
