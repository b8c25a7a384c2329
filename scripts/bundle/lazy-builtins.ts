import type { Plugin } from 'esbuild'

/** Modules of Node that the agent imports and does not use at rest: each costs up to 0.5 MB once it is loaded. */
const LAZY = ['fs/promises', 'timers/promises', 'zlib'] as const

/**
 * Puts forwarders in the place of some of Node's modules: the module itself is loaded at the first call. Functions and
 * constants only, which is all that the agent and its dependencies take from these.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: (build) => {
    build.onResolve({ filter: new RegExp(`^(?:node:)?(?:${LAZY.join('|')})$`) }, ({ path }) => ({ path: path.replace(/^node:/, ''), namespace: 'lazy' }))
    build.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({ contents: forwarders(path), loader: 'js' }))
  },
}

const forwarders = (name: string): string => {
  const found = process.getBuiltinModule(name) as unknown as Readonly<Record<string, unknown>>
  const lines = Object.entries(found).flatMap(([key, value]) => {
    if (typeof value === 'function') return /^[a-z]/.test(key) ? [`exports.${key} = (...args) => load().${key}(...args)`] : []
    return [`exports.${key} = ${JSON.stringify(value)}`]
  })
  return `const load = () => process.getBuiltinModule(${JSON.stringify(name)})\n${lines.join('\n')}\n`
}
