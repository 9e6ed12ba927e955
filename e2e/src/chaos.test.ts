import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BREAKS, isApplicable } from './chaos/breaks.ts'
import { randomKills } from './chaos/cells/process.ts'
import { acknowledgedThenKilled } from './chaos/cells/webhooks.ts'
import { CELLS } from './chaos/cells.ts'
import { AREAS, type Cell, nameOf } from './chaos/play.ts'
import { type Postgres, startPostgres } from './chaos/postgres.ts'
import { runCell } from './chaos/run.ts'

/** A dozen of the fault matrix, small; the whole of it is `npm run chaos`. */
const SEED = 1
/** How many are played at a time: they wait more than they work. */
const AT_ONCE = 4
const PICKED = [
  'process: kill -9 of the only process, middle',
  'process: SIGTERM of the only process, middle',
  'process: a full window lost, slow answers, kill -9',
  'database: kill -9 of PostgreSQL, middle',
  'database: network cut for 3 s, middle',
  'provider: 200 cut short, after acceptance',
  'provider: template paused (132015), middle',
  'webhooks: withheld until the end, receipts',
  'people: opt-out by a word, middle',
  'people: cancel, middle',
  'time: missed by more than the grace, server away at the due time',
]
const SMALL: readonly Cell[] = [
  {
    area: 'process',
    fault: 'workers killed at random among two APIs and two workers',
    phase: '4,000 people',
    stage: { people: 4_000, rate: 100, apis: 2, workers: 2 },
    run: (play) => randomKills(play, 2),
  },
  {
    area: 'webhooks',
    fault: 'acknowledged, then kill -9 a millisecond later',
    phase: 'three times',
    stage: { people: 90 },
    async run(play) {
      await acknowledgedThenKilled(play, 3)
      play.follow(await play.create())
    },
    expect: { end: 'none', isAudienceOpen: true },
  },
]

let postgres: Postgres
const playing = new Map<string, ReturnType<typeof runCell>>()
before(async () => {
  postgres = await startPostgres()
  const queue = [...SMALL, ...CELLS.filter((cell) => PICKED.includes(nameOf(cell)))]
  const turns = Array.from({ length: AT_ONCE }, () => Promise.resolve())
  queue.forEach((cell, i) => {
    const played = (turns[i % AT_ONCE] as Promise<void>).then(() => runCell(cell, SEED, postgres))
    turns[i % AT_ONCE] = played.then(() => undefined)
    playing.set(nameOf(cell), played)
  })
})
after(() => postgres.close())

for (const name of [...SMALL.map(nameOf), ...PICKED])
  test(name, async () => {
    const result = await playing.get(name)
    assert.deepEqual(result?.failures, [])
  })

test('the matrix has at least a hundred cells, each named once, and thirty in its quick part', () => {
  const names = CELLS.map(nameOf)
  assert.equal(new Set(names).size, names.length)
  assert.ok(names.length >= 100 && CELLS.filter(({ isQuick }) => isQuick).length >= 30)
  for (const area of AREAS) assert.ok(CELLS.filter((cell) => cell.area === area && cell.isQuick).length >= 2, area)
})

test('every way to break the product on purpose still fits the source, and names its cell', () => {
  for (const broken of BREAKS) {
    assert.ok(isApplicable(broken), `${broken.name}: its text is not there exactly once in ${broken.file}`)
    assert.ok(
      CELLS.some((cell) => nameOf(cell) === broken.cell),
      broken.cell,
    )
  }
})
