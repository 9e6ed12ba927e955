import type { RateLine } from './csv.ts'

/**
 * A card to try cost with: round, invented figures, stored with `isSample`. Meta's own figures change every quarter and differ by currency,
 * so none are shipped; enter or import those of your account.
 */
export const SAMPLE_CARD: {
  readonly name: string
  readonly currency: string
  readonly effectiveFrom: string
  readonly rates: readonly RateLine[]
} = {
  name: 'Sample: invented figures, not Meta’s',
  currency: 'USD',
  effectiveFrom: '2025-07-01',
  rates: [
    ...(['IN', 'ID', 'PK'] as const).map((country) => ({ country, category: 'MARKETING' as const, amount: '0.01' })),
    ...(['DE', 'FR', 'GB', 'IT', 'ES', 'NL'] as const).map((country) => ({ country, category: 'MARKETING' as const, amount: '0.1' })),
    { country: '*', category: 'MARKETING', amount: '0.05' },
    { country: '*', category: 'UTILITY', amount: '0.005' },
    { country: '*', category: 'AUTHENTICATION', amount: '0.005' },
  ],
}
