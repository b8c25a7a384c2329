/** One block of the README that is typed: where, on which hosts its one line of output is pasted, and what must lie there. */
export type Block = { readonly on: string; readonly paste: readonly string[]; readonly needsK3s: boolean; readonly text: string }

const BLOCK = /^<!-- tour: (.*) -->\n```sh tour\n([^]*?)^```$/gm
const FENCE = /^```sh tour$/gm
const WHERE = /^(in the repository|on (one|each host))(?:, paste on ([a-z ]+)|(, needs k3s))?$/

/** The blocks of a page that a person types, in its order; throws where one does not say where. */
export const readTour = (page: string): readonly Block[] => {
  const blocks = [...page.matchAll(BLOCK)].map(([, where = '', text = '']) => blockOf(where, text))
  const fences = page.match(FENCE)?.length ?? 0
  if (fences !== blocks.length) throw new Error(`${String(fences)} blocks are to be typed, ${String(blocks.length)} say where`)
  return blocks
}

const blockOf = (where: string, text: string): Block => {
  const found = WHERE.exec(where)
  if (found === null) throw new Error(`"${where}" says no place`)
  const [, place = '', on = place, paste = '', needs] = found
  return { on, paste: paste.split(' ').filter((name) => name !== ''), needsK3s: needs !== undefined, text }
}
