/** As many as the API takes at once. */
export const MANY_MAX = 10_000

/**
 * The numbers of a pasted list or a CSV file: the first cell of each line, a heading without digits left out. Whether each is a phone number
 * is for the server to say.
 */
export const numbersIn = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => (/^\uFEFF?\s*"?([^",;\t]*)/.exec(line)?.[1] ?? '').trim())
    .filter((cell, i) => cell !== '' && (i > 0 || /\d/.test(cell)))
    .map((cell) => cell.slice(0, 40))
