/**
 * How a figure moved against the period before, as a fraction of it: 0.25 is a quarter more.
 * @returns null where there was nothing before, and so nothing to compare with
 */
export const changeOf = (now: number, before: number): number | null => (before === 0 ? null : now / before - 1)

/** How a rate moved, in percentage points: 0.02 is from 10 % to 12 %. */
export const pointsOf = (now: number | null, before: number | null): number | null =>
  now === null || before === null ? null : now - before
