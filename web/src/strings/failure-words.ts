import { useStrings } from './language.tsx'

/** The API's words for an error code in the person's language; where the catalogue has none, as they came. */
export function useFailureWords() {
  const { say } = useStrings()
  const known = (prefix: string) => (code: string | number | null, text: string | null) => say(`${prefix}.${code}`, {}) ?? text
  return { titleOf: known('failureTitle'), adviceOf: known('failureAdvice') }
}
