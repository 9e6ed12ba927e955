import type { Result } from './run.ts'
export function table(_: { results: readonly Result[]; seed: number; isQuick: boolean; minutes: number }): string {
  return ''
}
