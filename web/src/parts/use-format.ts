import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Format, makeFormat } from './format.ts'

const known = new Map<string, Format>()

/** Writes numbers and times in the person's language and the workspace's zone; made once for all who ask, since Intl's writers are dear. */
export function useFormat(): Format {
  const { locale } = useStrings()
  const { timeZone } = useSession().workspace
  const key = `${locale} ${timeZone}`
  const format = known.get(key) ?? makeFormat(locale, timeZone)
  known.set(key, format)
  return format
}
