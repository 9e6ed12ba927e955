/** A value in COPY's text format; absent is NULL. */
export const copyText = (value: string | null | undefined): string =>
  value === null || value === undefined
    ? '\\N'
    : /[\\\n\r\t]/.test(value)
      ? value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '')
      : value
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A text[] in COPY's text format: array quoting first, then COPY's escapes. */
export const copyArray = (values: readonly string[]): string =>
  copyText(`{${values.map((value) => `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`).join(',')}}`)
