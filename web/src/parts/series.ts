/** What is counted over time, in the order in which it happens to a message. */
export const SERIES = ['sent', 'delivered', 'read', 'clicked', 'failed'] as const
export type Series = (typeof SERIES)[number]
/** `at` in milliseconds, for an axis of time. */
export type Point = { readonly at: number } & Readonly<Record<Series, number>>
