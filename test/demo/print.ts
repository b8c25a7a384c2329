/** Prints text with one line end. */
export const print = (text: string): void => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)

/** Prints the head of a chapter. */
export const title = (text: string): void => print(`\n── ${text}`)
