const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/** Text of a host made safe for a terminal: no control characters, escapes, zero-width or bidi marks; newlines stay. */
export const cleanText = (text: string): string => text.replaceAll(CONTROL, '')

/** The same for one line: newlines become blanks. */
export const cleanLine = (text: string): string => cleanText(text).replaceAll('\n', ' ')
