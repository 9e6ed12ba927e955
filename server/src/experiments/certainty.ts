/** What a variant did: `people` who got it, and how many of these read it or pressed a button. */
export interface Seen {
  readonly people: number
  readonly successes: number
}

const STEPS = 8_000
/** Beyond so many standard deviations nothing is left to count. */
const REACH = 8

/**
 * How certain it is, for each variant, that its true rate is the highest. Method: each rate's posterior under a uniform prior is
 * Beta(1 + successes, 1 + failures); the probability that variant i is best is ∫ fᵢ(x) ∏ⱼ≠ᵢ Fⱼ(x) dx, summed on a grid that spans all of them.
 * @returns probabilities that add up to 1, in the order given
 */
export function certaintyOfBest(variants: readonly Seen[]): number[] {
  const betas = variants.map(({ people, successes }) => ({ a: 1 + successes, b: 1 + Math.max(0, people - successes) }))
  const spans = betas.map(({ a, b }) => {
    const mean = a / (a + b)
    const deviation = Math.sqrt((a * b) / ((a + b) ** 2 * (a + b + 1)))
    return [Math.max(0, mean - REACH * deviation), Math.min(1, mean + REACH * deviation)] as const
  })
  const points = gridOf(spans)
  const densities = betas.map(({ a, b }) => normalised(points.map(({ x, width }) => width * Math.exp(logDensity(x, a, b) - logPeak(a, b)))))
  const below = densities.map((density) => {
    let sum = 0
    return density.map((part) => {
      const middle = sum + part / 2 // half of the point itself: equal rates share it
      sum += part
      return middle
    })
  })
  const best = densities.map((density, i) =>
    density.reduce(
      (sum, part, k) => sum + part * below.reduce((product, other, j) => (j === i ? product : product * (other[k] ?? 0)), 1),
      0,
    ),
  )
  const all = best.reduce((sum, one) => sum + one, 0)
  return best.map((one) => one / all)
}

/** Points dense within the span of each variant, however narrow, and sparse between them. */
function gridOf(spans: readonly (readonly [number, number])[]): { readonly x: number; readonly width: number }[] {
  const each = Math.floor(STEPS / spans.length)
  const edges = [
    ...new Set(spans.flatMap(([from, to]) => Array.from({ length: each + 1 }, (_, i) => from + ((to - from) * i) / each))),
  ].sort((a, b) => a - b)
  return edges.slice(1).map((to, i) => ({ x: ((edges[i] ?? 0) + to) / 2, width: to - (edges[i] ?? 0) }))
}

const logDensity = (x: number, a: number, b: number): number => (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x)
/** At the mode, so that the largest value is about 1 whatever the counts. */
const logPeak = (a: number, b: number): number => {
  const mode = a + b === 2 ? 0.5 : (a - 1) / (a + b - 2)
  return (a === 1 ? 0 : (a - 1) * Math.log(mode)) + (b === 1 ? 0 : (b - 1) * Math.log1p(-mode))
}
function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0)
  return values.map((value) => value / sum)
}
