import { builtinModules } from 'node:module'
import type { Plugin } from 'esbuild'

/** Modules of Node that the agent imports and does not use at rest: each costs up to 0.5 MB once it is loaded, and HTTP more than one. */
const LAZY: readonly string[] = ['fs/promises', 'http', 'https', 'timers/promises', 'zlib']

/**
 * Has the agent take from Node's modules only the names that it uses, where esbuild would make an object with a getter
 * for each export in every file that imports one; the modules of the list above are loaded when a name of theirs is first
 * called or constructed. What a dependency requires from the list is an object of getters.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: (build) => {
    build.onResolve({ filter: new RegExp(`^(?:node:)?(?:${builtinModules.join('|')})$`) }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '')
      if (kind === 'import-statement') return { path: name, namespace: 'imported', sideEffects: false }
      return LAZY.includes(name) ? { path: name, namespace: 'required' } : { path, external: true }
    })
    build.onLoad({ filter: /.*/, namespace: 'imported' }, ({ path }) => ({ contents: LAZY.includes(path) ? forwarders(path) : names(path), loader: 'js' }))
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({ contents: getters(path), loader: 'js' }))
  },
}

const namesOf = (name: string): readonly string[] => Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => key !== 'default')

const load = (name: string): string => `process.getBuiltinModule(${JSON.stringify(name)})`

const names = (name: string): string =>
  [
    `const whole = /* @__PURE__ */ ${load(name)}`,
    'export default whole',
    ...namesOf(name).map((key) => `export const ${key} = /* @__PURE__ */ (() => whole.${key})()`),
  ].join('\n')

const forwarders = (name: string): string =>
  namesOf(name)
    .map((key) => `export const ${key} = function (...args) { return new.target ? new (${load(name)}.${key})(...args) : ${load(name)}.${key}(...args) }`)
    .join('\n')

const getters = (name: string): string =>
  `for (const name of ${JSON.stringify(namesOf(name).join(' '))}.split(' ')) Object.defineProperty(exports, name, { enumerable: true, get: () => ${load(name)}[name] })`
