import { YAMLParseError } from 'yaml'

type Known = { readonly text: string; readonly by: 'scanner' | 'parser' }

const KNOWN: Readonly<Record<string, Known>> = {
  BAD_INDENT: { text: 'did not find expected key', by: 'parser' },
  BLOCK_AS_IMPLICIT_KEY: { text: 'mapping values are not allowed in this context', by: 'scanner' },
  TAB_AS_INDENT: { text: 'found character that cannot start any token', by: 'scanner' },
  MISSING_CHAR: { text: 'found unexpected end of stream', by: 'scanner' },
}

/** The message of Go's yaml package for a parse error of ours: near enough for the cases that were seen on k3s. */
export function goYamlMessage(error: YAMLParseError): string {
  const unclosed = / end with a ([\]}])/.exec(error.message)?.[1]
  const line = error.linePos?.[0].line ?? 1
  const known: Known = unclosed === undefined ? (KNOWN[error.code] ?? { text: "could not find expected ':'", by: 'scanner' }) : { text: `did not find expected ',' or '${unclosed}'`, by: 'parser' }
  // Go counts lines from nought, leaves nought out, and adds one again only for what its scanner found
  const shown = known.by === 'parser' ? line - 1 : line
  return `yaml: ${line > 1 && shown > 0 ? `line ${shown}: ` : ''}${known.text}`
}
