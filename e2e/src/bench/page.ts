import type { Results } from './results.ts'

/** Draws docs/performance.md and its charts. */
export function drawPage(_results: Results): void {}
