import { parse } from 'csv-parse/sync'
import { guessDelimiter } from '../imports/decode.ts'
import { countriesOfMarket } from './markets.ts'

export const CATEGORIES = ['MARKETING', 'UTILITY', 'AUTHENTICATION', 'AUTHENTICATION_INTERNATIONAL', 'SERVICE'] as const
export type Category = (typeof CATEGORIES)[number]

export interface RateLine {
  readonly country: string
  readonly category: Category
  /** Decimal text, up to six places. */
  readonly amount: string
}
export interface CsvCard {
  readonly effectiveFrom: string
  readonly currency: string
  readonly rates: RateLine[]
}
export interface CsvFault {
  readonly line: number
  readonly detail: string
}

/** A calendar day that exists. */
export const isDay = (text: string): boolean => {
  const day = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
export const AMOUNT = /^\d{1,8}(\.\d{1,6})?$/
const HEADERS: Record<string, readonly string[]> = {
  effectiveFrom: ['effective_from', 'effectivefrom', 'effective from', 'from'],
  currency: ['currency'],
  country: ['country', 'market'],
  category: ['category'],
  amount: ['amount', 'rate', 'price'],
  tierFrom: ['tier_from', 'tierfrom', 'tier from'],
}

/**
 * Reads a rate card file: one card per `effective_from`, one line per market and category. Volume tiers beyond the first are left out and
 * counted, since an estimate is "up to"; every faulty line is named. A country named by its own line beats the group it belongs to.
 */
export function readRateCsv(text: string): { cards: CsvCard[]; ignored: number; faults: CsvFault[] } {
  const faults: CsvFault[] = []
  const delimiter = guessDelimiter(text.slice(0, text.search(/\r?\n|$/)))
  let rows: string[][]
  try {
    rows = parse(text, { delimiter, bom: true, relax_column_count: true, skip_empty_lines: true, trim: true }) as string[][]
  } catch (error) {
    return { cards: [], ignored: 0, faults: [{ line: 1, detail: `The file is no CSV: ${(error as Error).message}` }] }
  }
  const head = (rows[0] ?? []).map((name) => name.toLowerCase())
  const at = Object.fromEntries(Object.entries(HEADERS).map(([field, known]) => [field, head.findIndex((name) => known.includes(name))]))
  const missing = ['effectiveFrom', 'currency', 'country', 'category', 'amount'].filter((field) => (at[field] ?? -1) < 0)
  if (missing.length > 0) return { cards: [], ignored: 0, faults: [{ line: 1, detail: `The header lacks ${missing.join(', ')}.` }] }

  const cards = new Map<string, { currency: string; own: Map<string, RateLine>; group: Map<string, RateLine> }>()
  let ignored = 0
  rows.slice(1).forEach((row, i) => {
    const line = i + 2
    const cell = (field: string) => row[at[field] ?? -1] ?? ''
    if (!['', '0', '1'].includes(cell('tierFrom'))) {
      ignored++
      return
    }
    const currency = cell('currency').toUpperCase()
    const category = CATEGORIES.find(
      (known) =>
        known ===
        cell('category')
          .toUpperCase()
          .replace(/[\s-]+/g, '_'),
    )
    const countries = countriesOfMarket(cell('country'))
    const card = cards.get(cell('effectiveFrom')) ?? { currency, own: new Map(), group: new Map() }
    const wrong = [
      ...(isDay(cell('effectiveFrom')) ? [] : [`"${cell('effectiveFrom')}" is no day, such as 2026-10-01`]),
      ...(/^[A-Z]{3}$/.test(currency) ? [] : [`"${cell('currency')}" is no currency, such as USD`]),
      ...(card.currency === currency ? [] : ['a card has one currency']),
      ...(countries === undefined ? [`"${cell('country')}" is no country or market`] : []),
      ...(category === undefined ? [`"${cell('category')}" is no category`] : []),
      ...(AMOUNT.test(cell('amount')) ? [] : [`"${cell('amount')}" is no amount, such as 0.0118`]),
    ]
    if (wrong.length > 0 || countries === undefined || category === undefined) {
      faults.push({ line, detail: `${wrong.join('; ')}.` })
      return
    }
    cards.set(cell('effectiveFrom'), card)
    const target = /^rest of|^north america/i.test(cell('country')) ? card.group : card.own
    for (const country of countries) target.set(`${country} ${category}`, { country, category, amount: cell('amount') })
  })
  return {
    cards: [...cards].map(([effectiveFrom, { currency, own, group }]) => ({
      effectiveFrom,
      currency,
      rates: [...new Map([...group, ...own]).values()],
    })),
    ignored,
    faults,
  }
}
