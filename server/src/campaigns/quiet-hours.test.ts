import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { getCountries } from 'libphonenumber-js/max'
import { finishOf } from './finish.ts'
import { awakeZones, isQuiet, isQuietOn, numberZones, offsetsOf, type QuietHours, wakesAt, zonesOfCountry } from './quiet-hours.ts'
import { offsetMs } from './wall-time.ts'

const NIGHT: QuietHours = { from: '21:00', to: '09:00' }
const SIESTA: QuietHours = { from: '12:30', to: '15:45' }

for (const [at, zone, hours, quiet, wakes] of [
  ['2026-12-01T15:29:59Z', 'Asia/Kolkata', NIGHT, false, '2026-12-01T15:29:59.000Z'], // 20:59:59
  ['2026-12-01T15:30:00Z', 'Asia/Kolkata', NIGHT, true, '2026-12-02T03:30:00.000Z'], // 21:00
  ['2026-12-02T03:29:59Z', 'Asia/Kolkata', NIGHT, true, '2026-12-02T03:30:00.000Z'],
  ['2026-12-02T03:30:00Z', 'Asia/Kolkata', NIGHT, false, '2026-12-02T03:30:00.000Z'], // 09:00
  ['2026-12-01T11:30:00Z', 'Europe/Berlin', SIESTA, true, '2026-12-01T14:45:00.000Z'],
  ['2026-12-01T14:45:00Z', 'Europe/Berlin', SIESTA, false, '2026-12-01T14:45:00.000Z'],
  ['2026-03-28T22:00:00Z', 'Europe/Berlin', NIGHT, true, '2026-03-29T07:00:00.000Z'], // the night in which an hour is skipped
  ['2026-10-24T22:00:00Z', 'Europe/Berlin', NIGHT, true, '2026-10-25T08:00:00.000Z'], // and that in which one comes twice
  ['2026-12-01T10:00:00Z', 'Pacific/Kiritimati', NIGHT, true, '2026-12-01T19:00:00.000Z'], // midnight, 14 hours ahead
] as const)
  test(`${at} in ${zone}, quiet ${hours.from}–${hours.to}: ${quiet ? 'quiet' : 'awake'}`, () => {
    assert.equal(isQuiet([zone], hours, new Date(at)), quiet)
    assert.equal(wakesAt([zone], hours, new Date(at)).toISOString(), wakes)
  })

test('a country known only as a whole is quiet while it is night anywhere in it', () => {
  const us = zonesOfCountry('US')
  assert.equal(isQuiet(us, NIGHT, new Date('2026-12-01T18:59:00Z')), true) // 08:59 in Honolulu
  assert.equal(isQuiet(us, NIGHT, new Date('2026-12-01T19:00:00Z')), false)
  assert.equal(isQuiet(us, NIGHT, new Date('2026-12-02T01:59:00Z')), false) // 20:59 in New York
  assert.equal(isQuiet(us, NIGHT, new Date('2026-12-02T02:00:00Z')), true)
})

const wall = fc.tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 })).map((parts) => parts.map((n) => String(n).padStart(2, '0')).join(':'))
const hours = fc.record({ from: wall, to: wall }).filter(({ from, to }) => from !== to)
const instant = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2030, 0, 1) }).map((ms) => new Date(ms))
const countries = getCountries().filter((country) => zonesOfCountry(country).length > 0)
const zones = fc.constantFrom(...countries).map(zonesOfCountry)

test('of one zone it is quiet exactly when its wall clock says so', () => {
  fc.assert(
    fc.property(fc.constantFrom(...zonesOfCountry('RU'), 'Asia/Kathmandu', 'Australia/Lord_Howe'), hours, instant, (zone, night, at) => {
      const clock = new Date(at.getTime() + offsetMs(at.getTime(), zone)).toISOString().slice(11, 16)
      const expected = night.from < night.to ? clock >= night.from && clock < night.to : clock >= night.from || clock < night.to
      assert.equal(isQuiet([zone], night, at), expected)
    }),
  )
})

test('whoever sleeps wakes within two days, is awake then, and no earlier: in every country, for every night, over changes of the clock', () => {
  fc.assert(
    fc.property(zones, hours, instant, (where, night, at) => {
      const wakes = wakesAt(where, night, at)
      assert.equal(isQuiet(where, night, wakes), false)
      assert.ok(wakes.getTime() - at.getTime() <= 2 * 86_400_000)
      if (offsetsOf(where, at.getTime()).join() !== offsetsOf(where, wakes.getTime()).join()) return // a clock changed in between
      for (let ms = at.getTime(); ms < wakes.getTime() && isQuiet(where, night, at); ms += 17 * 60_000)
        assert.equal(isQuiet(where, night, new Date(ms)), true, new Date(ms).toISOString())
    }),
    { numRuns: 300 },
  )
})

test('every country has a time of day at which its people may be messaged, however long the night', () => {
  const long = { from: '18:00', to: '17:00' }
  for (const country of countries) {
    const offsets = offsetsOf(zonesOfCountry(country), Date.UTC(2026, 6, 1))
    const open = Array.from({ length: 96 }, (_, n) => Date.UTC(2026, 6, 1) + n * 900_000).filter((ms) => !isQuietOn(offsets, long, ms))
    assert.ok(open.length > 0, country)
  }
})

test('places share a number exactly when they share their zones, numbers go from east to west, and nobody is without one', () => {
  const places = ['Asia/Kolkata', 'country:US', 'country:XK', '', 'Europe/Berlin', 'country:IN', 'Asia/Tokyo', 'country:JP']
  const { zones: found, numberOf } = numberZones(places, 'Europe/Berlin', new Date('2026-12-01T00:00:00Z'))
  for (const place of places) assert.ok(found[numberOf.get(place) ?? -1] !== undefined, place)
  assert.deepEqual(found[numberOf.get('') ?? -1], ['Europe/Berlin'])
  assert.equal(numberOf.get('country:XK'), numberOf.get('Europe/Berlin')) // a country nobody has zones for: the fallback
  assert.equal(numberOf.get('Asia/Tokyo'), numberOf.get('country:JP'))
  assert.equal(numberOf.get('Asia/Tokyo'), 0)
  assert.equal(numberOf.get('country:US'), found.length - 1)
})

test('awake zones follow the minute they are asked for', () => {
  const quiet = { ...NIGHT, zones: [['Asia/Tokyo'], ['Europe/Berlin']] }
  assert.deepEqual(awakeZones(quiet, new Date('2026-12-01T11:59:59Z')), [0, 1])
  assert.deepEqual(awakeZones(quiet, new Date('2026-12-01T12:00:00Z')), [1]) // 21:00 in Tokyo
  assert.deepEqual(awakeZones(quiet, new Date('2026-12-01T23:00:00Z')), []) // 08:00 in Tokyo, midnight in Berlin
})

const at = (text: string) => new Date(text)
for (const [name, plan, by, finish] of [
  [
    'at full rate, nothing in the way',
    { groups: [{ zones: ['UTC'], people: 1_000 }], hours: null, perSecond: 10, room: null },
    null,
    { at: '2026-12-01T08:01:40.000Z', late: 0 },
  ],
  [
    'a wished end in the middle',
    { groups: [{ zones: ['UTC'], people: 1_000 }], hours: null, perSecond: 10, room: null },
    '2026-12-01T08:01:00Z',
    { at: '2026-12-01T08:01:40.000Z', late: 400 },
  ],
  [
    'asleep until nine',
    { groups: [{ zones: ['UTC'], people: 100 }], hours: NIGHT, perSecond: 10, room: null },
    '2026-12-01T09:00:00Z',
    { at: '2026-12-01T09:00:10.000Z', late: 100 },
  ],
  [
    'the awake first, the sleepers when they wake',
    {
      groups: [
        { zones: ['Asia/Kolkata'], people: 100 },
        { zones: ['UTC'], people: 50 },
      ],
      hours: NIGHT,
      perSecond: 10,
      room: null,
    },
    '2026-12-01T08:30:00Z',
    { at: '2026-12-01T09:00:05.000Z', late: 50 },
  ],
  [
    'more than fits before the night',
    { groups: [{ zones: ['UTC'], people: 50_000 }], hours: NIGHT, perSecond: 1, room: null },
    null,
    { at: '2026-12-02T10:53:20.000Z', late: 0 },
  ],
  [
    'a limit that frees tomorrow',
    {
      groups: [{ zones: ['UTC'], people: 250 }],
      hours: null,
      perSecond: 10,
      room: { places: 100, nextAt: at('2026-12-01T20:00:00Z'), perDay: 100 },
    },
    '2026-12-01T21:00:00Z',
    { at: '2026-12-02T20:00:05.000Z', late: 50 },
  ],
  [
    'never within a month',
    {
      groups: [{ zones: ['UTC'], people: 10 }],
      hours: null,
      perSecond: 10,
      room: { places: 0, nextAt: at('2026-12-01T20:00:00Z'), perDay: 0 },
    },
    '2026-12-02T00:00:00Z',
    { at: null, late: 10 },
  ],
] as const)
  test(`finish: ${name}`, () => {
    const { at: end, late } = finishOf(plan, at('2026-12-01T08:00:00Z'), by === null ? null : at(by))
    assert.deepEqual({ at: end?.toISOString() ?? null, late }, finish)
  })

test('an end is never before everybody went at full rate, and an earlier wish makes no fewer late', () => {
  const groups = fc.array(fc.record({ zones, people: fc.integer({ min: 1, max: 20_000 }) }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(
      groups,
      fc.option(hours),
      fc.integer({ min: 1, max: 80 }),
      instant,
      fc.integer({ min: 1, max: 3_000 }),
      (all, night, perSecond, from, minutes) => {
        const plan = { groups: all, hours: night, perSecond, room: null }
        const people = all.reduce((sum, group) => sum + group.people, 0)
        const wish = new Date(from.getTime() + minutes * 60_000)
        const { at: end, late } = finishOf(plan, from, wish)
        assert.ok(late >= 0 && late <= people)
        assert.ok(finishOf(plan, from, new Date(wish.getTime() - 1_800_000)).late >= late)
        if (end === null) return
        assert.ok(end.getTime() >= from.getTime() + Math.floor((people / perSecond) * 1_000))
        assert.equal(finishOf(plan, from, new Date(end.getTime() + 1_000)).late, 0)
      },
    ),
    { numRuns: 200 },
  )
})
