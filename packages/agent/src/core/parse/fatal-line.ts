const LIMIT = 400

/** The message of the last `level=fatal` line of a k3s journal, unquoted and cut to 400 characters; null where there is none. */
export const lastFatalLine = (text: string): string | null => {
  const line = text.split('\n').findLast((one) => /\blevel=fatal\b/.test(one))
  if (line === undefined) return null
  const quoted = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
  if (quoted !== undefined) return quoted.replaceAll(/\\(.)/g, '$1').slice(0, LIMIT)
  return (/\bmsg=(\S+)/.exec(line)?.[1] ?? line.trim()).slice(0, LIMIT)
}
