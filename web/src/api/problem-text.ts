import type { Strings } from '../strings/language.tsx'
import { ApiProblem } from './problem.ts'

/** How a failure is told to a person: the API's own words, which are safe to show and say what to do. */
export function problemText(error: unknown, { t }: Strings): { title: string; message: string } {
  if (!(error instanceof ApiProblem)) return { title: t('problem.unexpected'), message: error instanceof Error ? error.message : '' }
  if (error.code === 'unreachable') return { title: t('problem.unreachable'), message: t('problem.unreachableHint') }
  const message =
    error.status >= 500 && error.requestId ? t('problem.withId', { detail: error.message, id: error.requestId }) : error.message
  return { title: error.title || t('problem.unexpected'), message }
}
