import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { bars, lines } from './charts.ts'
import { chartsOf } from './gallery.ts'
import { GOALS, judge } from './goals.ts'
import { pageOf } from './page.ts'
import { at, latest } from './results.ts'
import { sizesOf } from './sizes.ts'

test('docs/performance.md and its charts show what docs/bench/latest.json holds', () => {
  const results = latest()
  const charts = chartsOf(results.parts)
  assert.ok(charts.length > 5, `only ${charts.length} charts`)
  const page = readFileSync(at('docs/performance.md'), 'utf8')
  assert.equal(page, pageOf(page, results, charts))
  for (const { name, svg } of charts) assert.equal(readFileSync(at(`docs/images/${name}.svg`), 'utf8'), svg, name)
})

test('no published figure tells of the machine more than it is', () => {
  const text = readFileSync(at('docs/bench/latest.json'), 'utf8')
  for (const { machine } of latest().parts)
    assert.deepEqual(
      Object.keys(machine).sort(),
      ['cores', 'cpu', 'kernel', 'memoryGb', 'node', 'postgres'].filter((key) => key in machine),
    )
  assert.doesNotMatch(text, /\/(tmp|home|root|work|var|usr)\//)
})

test('a goal is met when all of it is, missed when any of it is, and else not measured', () => {
  const verdict = (values: Record<string, number>) => judge(new Map(Object.entries(values)))[0]?.verdict
  assert.equal(verdict({ 'send.perSecond': 10_000, 'send.share': 0.5 }), 'met')
  assert.equal(verdict({ 'send.perSecond': 9_999, 'send.share': 0.5 }), 'not met')
  assert.equal(verdict({ 'send.share': 0.4 }), 'not met')
  assert.equal(verdict({ 'send.perSecond': 10_000 }), 'not measured')
  assert.equal(verdict({}), 'not measured')
  const keys = GOALS.flatMap(({ conditions }) => conditions.map(({ key }) => key))
  assert.equal(new Set(keys).size, keys.length)
})

test('a chart says in words what it draws, and escapes names', () => {
  const drawn = bars({
    title: 'A < B',
    unit: 's',
    series: [''],
    groups: [{ label: 'one & two', values: [3] }],
    mark: { at: 6, name: 'goal' },
  })
  assert.match(drawn, /<title>A &lt; B<\/title><desc>one &amp; two: 3 s<\/desc>/)
  const [bar, mark] = [/<rect x="290" y="\d+" width="([\d.]+)"/.exec(drawn)?.[1], /<line x1="([\d.]+)"/.exec(drawn)?.[1]]
  assert.equal(Number(mark) - 290, 2 * Number(bar))
  assert.match(lines({ title: 'T', unit: 'MB', across: 's', step: 1, series: [{ name: 'a', points: [1, 5, 2] }] }), /a: from 1 to 5 MB/)
})

test('sizes come from the environment, and nonsense is refused by name', () => {
  assert.deepEqual(sizesOf({ BENCH_SIZES: '10000,20000', BENCH_MESSAGES: '500' }, { isSmoke: false }).histories, [10_000, 20_000])
  assert.equal(sizesOf({ BENCH_MESSAGES: '500' }, { isSmoke: true }).messages, 500)
  assert.throws(() => sizesOf({ BENCH_MESSAGES: 'many' }, { isSmoke: false }), /BENCH_MESSAGES=many is not a whole number/)
  assert.throws(() => sizesOf({ BENCH_MESSAGES: '1,2' }, { isSmoke: false }), /BENCH_MESSAGES/)
})
