import { stringify } from 'yaml'
import { cleanText } from '../clean-text.ts'

const HIDDEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

const unhidden = (json: string): string => json.replaceAll(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A value as JSON for programs; characters that a terminal would act on are written as escapes. */
export const jsonText = (value: unknown): string => `${unhidden(JSON.stringify(value, null, 2))}\n`

/** The same on one line. */
export const jsonLine = (value: unknown): string => `${unhidden(JSON.stringify(value))}\n`

/** A value as YAML for programs, without characters that a terminal would act on. */
export const yamlText = (value: unknown): string => cleanText(stringify(value))
