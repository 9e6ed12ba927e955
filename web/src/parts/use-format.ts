import { useMemo } from 'react'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Format, makeFormat } from './format.ts'

/** Writes numbers and times in the person's language and the workspace's zone. */
export function useFormat(): Format {
  const { locale } = useStrings()
  const { timeZone } = useSession().workspace
  return useMemo(() => makeFormat(locale, timeZone), [locale, timeZone])
}
