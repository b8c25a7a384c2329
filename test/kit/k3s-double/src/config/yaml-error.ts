import { YAMLParseError } from 'yaml'

const TEXTS: Readonly<Record<string, string>> = {
  BAD_INDENT: 'did not find expected key',
  MISSING_CHAR: "did not find expected ',' or ']'",
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  TAB_AS_INDENT: 'found character that cannot start any token',
}

/** The message of Go's yaml package for a parse error of ours: near enough for the cases that k3s's captures show. */
export function goYamlMessage(error: unknown): string {
  if (!(error instanceof YAMLParseError)) return `yaml: ${error instanceof Error ? error.message : String(error)}`
  const unclosed = / end with a [\]}]/.exec(error.message)
  // Go counts the parser's line from nought: an unclosed list is found at the line after it, and named by its own
  const line = Math.max(1, (error.linePos?.[0].line ?? 1) - (unclosed === null ? 0 : 1))
  const text = unclosed === null ? TEXTS[error.code] : `did not find expected ',' or '${unclosed[0].at(-1)}'`
  return `yaml: line ${line}: ${text ?? "could not find expected ':'"}`
}
