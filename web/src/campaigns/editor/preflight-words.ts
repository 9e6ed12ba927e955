import type { Schema } from '../../api/client.ts'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import type { FieldProblem } from './problems.ts'

type Check = Schema<'PreflightCheck'>
type Values = Readonly<Record<string, string | number>>
const INSTANT = /^\d{4}-\d\d-\d\dT/

/** The API's words in the person's language; where the catalogue has none, as they came. */
export function usePreflightWords() {
  const { t, named, say } = useStrings()
  const format = useFormat()
  const known = (prefix: string, code: string, text: string) => {
    const word = named(prefix, code)
    return word === code ? text : word
  }
  /** Values as a person reads them: instants in the workspace's zone, money, shares, and Meta's names in words. */
  const shown = (values: Values): Values => ({
    ...Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'string' && INSTANT.test(value) ? format.dateTime(value) : value,
      ]),
    ),
    ...(typeof values.share === 'number' && { share: format.share(values.share) }),
    ...(values.currency !== undefined && { cost: format.money({ amount: String(values.amount), currency: String(values.currency) }) }),
    ...(values.category !== undefined && { category: named('category', String(values.category)) }),
    ...(values.status !== undefined && { status: named('numberStatus', String(values.status)) }),
    ...(values.limit !== undefined && { limit: named('limit', String(values.limit).replace('TIER_', '')) }),
  })
  const holdOf = (code: string) => (code.startsWith('hold.') ? code.slice(5) : undefined)
  return {
    titleOf(code: string, text: string): string {
      const reason = holdOf(code)
      return reason === undefined ? known('preflightTitle', code, text) : known('hold', reason, text)
    },
    fixOf(code: string, text: string): string {
      const reason = holdOf(code)
      return reason === undefined ? known('preflightFix', code, text) : known('holdAdvice', reason, text)
    },
    /** What a check saw; empty where its title says it all. */
    seenOf({ code, seen, detail }: Check): string {
      if (seen === null) return detail
      if (seen.name === 'refused') return ''
      return say(`preflightSeen.${code}.${seen.name}`, shown(seen.values)) ?? detail
    },
    ofProblem({ path, detail }: FieldProblem) {
      if (path === '') return { title: detail }
      return {
        title: named('editorField', path.split('.')[0] ?? ''),
        children: path === 'contactFilter' ? t('editor.noCondition') : detail,
      }
    },
  }
}
