import { brotliCompressSync, constants } from 'node:zlib'
import { build, type BuildOptions, type Plugin } from 'esbuild'

/** What only short-lived processes of the agent run. */
const CHILDREN = ['run-step', 'inventory'] as const

/**
 * Puts what only the agent's children run into its file as packed text: V8 keeps the source of a file and a note of each
 * function in it for as long as the process lives, so that what the resident agent never runs would cost it 0.6 MB.
 * `options` are those of the agent's own bundle.
 */
export const packedChildren = (options: BuildOptions): Plugin => ({
  name: 'packed-children',
  setup: (outer) => {
    outer.onResolve({ filter: new RegExp(`/main/(?:${CHILDREN.join('|')})\\.ts$`) }, ({ path, kind, resolveDir }) =>
      kind === 'dynamic-import' ? { path: path.replace(/^.*\/|\.ts$/g, ''), namespace: 'child', pluginData: resolveDir } : null,
    )
    outer.onResolve({ filter: /^packed:children$/ }, ({ pluginData }) => ({ path: 'children', namespace: 'packed', pluginData: pluginData as unknown }))
    outer.onLoad({ filter: /.*/, namespace: 'child' }, ({ path, pluginData }) => ({
      contents: `module.exports = require('packed:children')[${JSON.stringify(path)}]()`,
      pluginData: pluginData as unknown,
    }))
    outer.onLoad({ filter: /.*/, namespace: 'packed' }, async ({ pluginData }) => ({ contents: unpacking(await packed(options, String(pluginData))) }))
  },
})

/** One script with all children in it, each evaluated when it is asked for. */
const packed = async (options: BuildOptions, resolveDir: string): Promise<string> => {
  const contents = CHILDREN.map((name) => `exports[${JSON.stringify(name)}] = () => require('./main/${name}.ts')`).join('\n')
  const { outputFiles } = await build({ ...options, stdin: { contents, loader: 'js', resolveDir }, write: false })
  const text = outputFiles[0]?.contents ?? new Uint8Array()
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).toString('base64')
}

const unpacking = (text: string): string => `
  const { Module } = process.getBuiltinModule('node:module')
  const unpack = process.getBuiltinModule('node:zlib').brotliDecompressSync
  const children = new Module(__filename)
  children.filename = __filename
  children._compile(unpack(Buffer.from('${text}', 'base64')).toString(), __filename)
  module.exports = children.exports
`
