import type { Plugin } from 'esbuild'

/** Modules of Node that the agent imports and does not use at rest: each costs up to 0.5 MB once it is loaded, and those for HTTP 1.7 MB together. */
const LAZY = ['fs/promises', 'http', 'https', 'timers/promises', 'zlib'] as const

/** Puts forwarders in the place of some of Node's modules: the module itself is loaded when one of its exports is first looked at. */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: (build) => {
    build.onResolve({ filter: new RegExp(`^(?:node:)?(?:${LAZY.join('|')})$`) }, ({ path }) => ({ path: path.replace(/^node:/, ''), namespace: 'lazy' }))
    build.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({ contents: forwarders(path), loader: 'js' }))
  },
}

const forwarders = (name: string): string => {
  const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => key !== 'default')
  return `for (const name of ${JSON.stringify(names.join(' '))}.split(' ')) Object.defineProperty(exports, name, { enumerable: true, get: () => process.getBuiltinModule(${JSON.stringify(name)})[name] })`
}
