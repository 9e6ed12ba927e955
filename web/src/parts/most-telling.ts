import type { Schema } from '../api/client.ts'

export type PhoneNumber = Schema<'PhoneNumber'>

const WORST_FIRST = ['RED', 'YELLOW']
const rank = ({ qualityRating }: PhoneNumber) => {
  const place = WORST_FIRST.indexOf(qualityRating)
  return place < 0 ? WORST_FIRST.length : place
}

/** The number worth a look: of those that are connected the one that Meta rates lowest, and among equals the default; else the default. */
export function mostTelling(numbers: readonly PhoneNumber[]): PhoneNumber | undefined {
  const byDefault = numbers.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault))
  return byDefault.filter(({ status }) => status === 'CONNECTED').toSorted((a, b) => rank(a) - rank(b))[0] ?? byDefault[0]
}
