import { stringify } from 'yaml'
import { cleanText } from '../clean-text.ts'

const HIDDEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** A value as JSON for programs; characters that a terminal would act on are written as escapes. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replaceAll(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`

/** A value as YAML for programs, without characters that a terminal would act on. */
export const yamlText = (value: unknown): string => cleanText(stringify(value))
