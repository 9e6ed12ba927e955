import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { certaintyOfBest, type Seen } from './certainty.ts'

const close = (actual: number | undefined, expected: number, by = 0.005) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < by, `${actual} is not ${expected}`)

test('equal variants are equally certain, none is known without people', () => {
  for (const variants of [2, 3, 4])
    for (const seen of [
      { people: 0, successes: 0 },
      { people: 500, successes: 100 },
    ])
      for (const one of certaintyOfBest(Array.from({ length: variants }, () => seen))) close(one, 1 / variants, 1e-6)
})

test('two small variants agree with the exact sum for Beta posteriors', () => {
  // P(B > A) for Beta(1 + 1, 1 + 2) against Beta(1 + 2, 1 + 1), by Σ B(a₁+i, b₁+b₂) / ((b₂+i) B(1+i, b₂) B(a₁, b₁))
  close(
    certaintyOfBest([
      { people: 3, successes: 1 },
      { people: 3, successes: 2 },
    ])[1],
    0.7571,
    0.002,
  )
  // one success of one against none of one: ∫ 2x (1 − (1 − x)²) dx = 5/6
  close(
    certaintyOfBest([
      { people: 1, successes: 0 },
      { people: 1, successes: 1 },
    ])[1],
    5 / 6,
    0.002,
  )
})

test('a clear difference is certain, however many people, and a narrow posterior beside a wide one is not lost', () => {
  close(
    certaintyOfBest([
      { people: 1_000_000, successes: 100_000 },
      { people: 1_000_000, successes: 101_000 },
    ])[1],
    0.9907,
    0.003,
  )
  close(
    certaintyOfBest([
      { people: 5_000_000, successes: 1_000_000 },
      { people: 10, successes: 9 },
    ])[1],
    1,
    0.001,
  )
  close(
    certaintyOfBest([
      { people: 10, successes: 0 },
      { people: 10, successes: 10 },
    ])[1],
    1,
    0.001,
  )
})

test('certainties add up to one, follow their variant, and grow with its successes', () => {
  const seen = fc.nat(5_000).chain((people) => fc.nat(people).map((successes): Seen => ({ people, successes })))
  fc.assert(
    fc.property(fc.array(seen, { minLength: 2, maxLength: 4 }), (variants) => {
      const certainties = certaintyOfBest(variants)
      close(
        certainties.reduce((a, b) => a + b, 0),
        1,
        1e-9,
      )
      assert.ok(certainties.every((one) => one >= 0 && one <= 1))
      const turned = certaintyOfBest(variants.toReversed()).toReversed()
      for (const [i, one] of certainties.entries()) close(turned[i], one, 1e-6)
      const [first, ...others] = variants as [Seen, ...Seen[]]
      if (first.successes < first.people)
        assert.ok((certaintyOfBest([{ ...first, successes: first.successes + 1 }, ...others])[0] ?? 0) >= (certainties[0] ?? 0) - 1e-3)
    }),
    { numRuns: 40 },
  )
})
