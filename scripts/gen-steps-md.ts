// docs/reference/steps.md: the catalogue of steps, from their definitions.
import * as z from 'zod'
import { render, STEPS, type StepDefinition } from '@drover/protocol'
import { writeGenerated } from './generated.ts'

type AnyStep = StepDefinition<string, unknown, unknown>
type Property = { readonly type?: string; readonly enum?: readonly unknown[]; readonly description?: string; readonly $ref?: string }

const fieldsOf = (schema: z.ZodType): string => {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as { properties?: Record<string, Property> }
  return Object.entries(properties)
    .map(([name, { type = 'object', enum: values, description = '' }]) => `| \`${name}\` | ${values === undefined ? type : values.map(value => `\`${String(value)}\``).join(', ')} | ${description} |`)
    .join('\n')
}

const undoOf = (step: AnyStep): string => (step.undo === 'undoes' ? 'what it did is undone' : render(step.undo.irreversible))

const section = (step: AnyStep): string => `## ${step.kind}

${step.summary}

- Class: ${step.class(step.example)}; consent on the host: ${step.consent}; gives up after ${String(step.timeout / 1000)} s
- If it fails: ${undoOf(step)}
- Secrets that travel sealed beside it: ${step.secrets(step.example).join(', ') || 'none'}
- Touches: ${step.touches(step.example).map(touch => `${touch.what} \`${touch.name}\` (${touch.how})`).join(', ') || 'nothing'}

| Parameter | Kind | |
|---|---|---|
${fieldsOf(step.params)}

\`\`\`json
${JSON.stringify(step.example, null, 2)}
\`\`\`
`

writeGenerated(
  'docs/reference/steps.md',
  `# Steps

Made from the definitions by \`node scripts/gen-steps-md.ts\`. A step is all that an order may ask of a host; each is checked, applied,
verified and journaled, and asked of the host again after a crash. Class and what is touched are shown for the example.

${Object.values(STEPS).map(step => section(step as unknown as AnyStep)).join('\n')}`,
  'scripts/gen-steps-md.ts',
)
