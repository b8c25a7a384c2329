// docs/reference/errors.md: the one error table.
import { ERRORS } from '@drover/protocol'
import { writeGenerated } from './generated.ts'

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`)
const rows = Object.entries(ERRORS).map(([code, { status, retryable, cause, remedy }]) => `| \`${code}\` | ${String(status)} | ${retryable ? 'yes' : 'no'} | ${cell(cause)} | ${cell(remedy)} |`)

writeGenerated(
  'docs/reference/errors.md',
  `# Errors

Made from the table in the code by \`node scripts/gen-errors-md.ts\`. The same codes stand in answers of the API, in refused orders
and in failed steps. "Again" says whether the same thing may work later without a change; a step whose error says no is not tried
again before a person has looked at it.

| Code | HTTP | Again | What happened | What to do |
|---|---|---|---|---|
${rows.join('\n')}
`,
  'scripts/gen-errors-md.ts',
)
