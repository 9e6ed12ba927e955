import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HOLD_REASONS } from '../dispatch/holds.ts'
import { Problem } from '../platform/problem.ts'
import { isReady } from './finding.ts'
import { type Facts, judge } from './judge.ts'
import type { MediaFacts } from './message.ts'

const NOW = new Date('2026-11-01T09:00:00Z')
const day = (days: number) => new Date(NOW.getTime() + days * 86_400_000)
/** Nothing is wrong with it. */
const GOOD: Facts = {
  now: NOW,
  refusals: [],
  template: { name: 'may', language: 'en', category: 'MARKETING', isApproved: true, quality: 'GREEN', notice: null },
  parameters: ['body.1'],
  languages: [{ language: 'en', reason: null }],
  media: [{ place: 'headerMedia', kind: 'image', from: { link: 'https://a.example/x', looked: { ok: true, type: 'image/png', size: 9 } } }],
  links: [{ key: 'button.0', source: 'https://shop.example/{{ contact.attributes.city }}?a=1' }],
  sender: { phone: '+1', status: 'CONNECTED', quality: 'GREEN', limit: 'TIER_1K', account: 'Shop', lastWebhookAt: NOW },
  holds: [],
  audience: {
    matched: 3_000,
    eligible: 2_000,
    excluded: [{ reason: 'opted_out', count: 1_000 }],
    now: 2_000,
    restFrom: null,
    quietHours: { from: '21:00', to: '08:00' },
    asleep: { people: 0, until: null },
    finish: { expectedAt: day(1).toISOString(), late: 0 },
    countries: [{ country: 'IN', count: 2_000, cost: { amount: '1.0000', currency: 'USD', isSample: false } as never }],
    estimatedCost: { amount: '1.0000', currency: 'USD', isSample: false } as never,
  },
  isEveryone: false,
  scheduledAt: day(0.1),
  finishBy: day(2),
  unknownPolicy: 'hold',
  hasCanary: false,
  approval: { isGiven: true },
}
const AUDIENCE = GOOD.audience as NonNullable<Facts['audience']>
const SENDER = GOOD.sender as NonNullable<Facts['sender']>
const audience = (changes: Partial<typeof AUDIENCE>): Partial<Facts> => ({ audience: { ...AUDIENCE, ...changes } })
const template = (changes: Partial<Facts['template']>): Partial<Facts> => ({ template: { ...GOOD.template, ...changes } })
const media = (from: MediaFacts['from'], kind = 'image'): Partial<Facts> => ({ media: [{ place: 'headerMedia', kind, from }] })
const serves = (type: string | null, size: number | null, kind = 'image') =>
  media({ link: 'https://a.example/x', looked: { ok: true, type, size } }, kind)
const upload = (expiresAt: Date, isKept = false, type = 'image/jpeg', size = 1) =>
  media({ mediaId: '1', upload: { type, size, expiresAt, isKept } })
const MB = 1_048_576

/** What is wrong, and the warnings that say so; none: all is well. */
const TABLE: readonly (readonly [string, Partial<Facts>, readonly string[]])[] = [
  ['nothing', {}, []],
  ['a red template', template({ quality: 'RED' }), ['template.quality', 'canary']],
  ['a yellow template, a canary', { ...template({ quality: 'YELLOW' }), hasCanary: true }, ['template.quality']],
  ['a new template', template({ quality: 'UNKNOWN' }), ['canary']],
  [
    'a new template to 999',
    { ...template({ quality: 'UNKNOWN' }), ...audience({ eligible: 999, matched: 999, excluded: [], now: 999 }) },
    [],
  ],
  ['another category', template({ notice: 'Becomes MARKETING on 1 December.' }), ['template.category']],
  ['a language that waits', { languages: [{ language: 'fr', reason: 'It is PAUSED.' }] }, ['languages']],
  ['a dead link', media({ link: 'https://a.example/x', looked: { ok: false, problem: 'It answered 404.' } }), ['media.unreachable']],
  ['a page for a picture', serves('text/html', 5), ['media.unfit']],
  ['no type', serves(null, 5), ['media.unfit']],
  ['nothing in it', serves('image/png', 0), ['media.unfit']],
  ['a picture of 5 MB', serves('image/png', 5 * MB), []],
  ['and a byte more', serves('image/png', 5 * MB + 1), ['media.unfit']],
  ['a video of 16 MB', serves('video/mp4', 16 * MB, 'video'), []],
  ['and a byte more of it', serves('video/mp4', 16 * MB + 1, 'video'), ['media.unfit']],
  ['a document of 100 MB', serves('application/pdf', 100 * MB, 'document'), []],
  ['and a byte more of that', serves('application/pdf', 100 * MB + 1, 'document'), ['media.unfit']],
  ['a size that is not told', serves('image/jpeg', null), []],
  ['an upload until the end', upload(day(1)), ['media.expires']],
  ['an upload a little longer', upload(new Date(day(1).getTime() + 1)), []],
  ['an upload that is renewed', upload(day(-1), true), []],
  ['a video uploaded for a picture', upload(day(9), true, 'video/mp4'), ['media.unfit']],
  ['an upload from elsewhere', media({ mediaId: '1', upload: null }), ['media.unknown']],
  ['a link without a host', { links: [{ key: 'button.0', source: 'https://' }] }, ['links']],
  ['a link with a space', { links: [{ key: 'button.0', source: 'https://shop.example/a b' }] }, ['links']],
  ['a link to a script', { links: [{ key: 'button.0', source: 'javascript:alert(1)' }] }, ['links']],
  ['a number that is away', { sender: { ...SENDER, status: 'DISCONNECTED' } }, ['sender.status']],
  ['a yellow number', { sender: { ...SENDER, quality: 'YELLOW' } }, ['sender.quality', 'canary']],
  ['an account that hears nothing', { sender: { ...SENDER, lastWebhookAt: null } }, ['webhooks']],
  ['part of the limit', audience({ now: 5, restFrom: day(1).toISOString() }), ['room']],
  ['none of the limit', audience({ now: 0, restFrom: day(1).toISOString() }), ['room']],
  ['night', audience({ asleep: { people: 4, until: day(1).toISOString() } }), ['night']],
  ['no night', audience({ quietHours: null }), []],
  ['too late for some', audience({ finish: { expectedAt: day(3).toISOString(), late: 7 } }), ['finish']],
  ['no end', audience({ finish: { expectedAt: null, late: 0 } }), ['finish']],
  ['a country without a rate', audience({ estimatedCost: null, countries: [{ country: 'BR', count: 1, cost: null }] }), ['cost']],
  ['everyone', { isEveryone: true }, ['audience.everyone']],
  ['half are left out', audience({ eligible: 1_500, excluded: [{ reason: 'opted_out', count: 1_500 }] }), ['audience.excluded']],
  ['variables missing', audience({ excluded: [{ reason: 'missing_variable', count: 3 }] }), ['audience.incomplete']],
  ['duplicates', audience({ excluded: [{ reason: 'duplicate_phone', count: 3 }] }), []],
  ['a time that has passed', { scheduledAt: day(-1) }, ['schedule']],
  ['doubles', { unknownPolicy: 'resend' }, ['doubles']],
  ['no approval', { approval: { isGiven: false } }, ['approval']],
  ['none needed', { approval: null }, []],
]

test('each fault has its warning and no other; nothing wrong, no warning', () => {
  for (const [what, changes, expected] of TABLE) {
    const found = judge({ ...GOOD, ...changes })
    assert.deepEqual(
      found.filter(({ level }) => level !== 'ok').map(({ code, level }) => [code, level]),
      expected.map((code) => [code, 'warning']),
      what,
    )
    assert.ok(isReady(found), what)
  }
})

test('what is said of numbers and times can be acted on', () => {
  const of = (code: string, changes: Partial<Facts>) => judge({ ...GOOD, ...changes }).find((found) => found.code === code)?.detail ?? ''
  assert.match(of('room', audience({ now: 5, restFrom: day(1).toISOString() })), /^5 people can go now, 1,995 people from 2026-11-02T09:00/)
  assert.match(of('room', audience({ now: 0, restFrom: day(1).toISOString() })), /full: nobody goes before 2026-11-02T09:00/)
  assert.match(of('night', audience({ asleep: { people: 1, until: day(1).toISOString() } })), /night for 1 person; .* 2026-11-02T09:00/)
  assert.match(of('cost', audience({ estimatedCost: null, countries: [{ country: 'BR', count: 1, cost: null }] })), /BR/)
  assert.match(of('audience', audience({ excluded: [{ reason: 'duplicate_phone', count: 3 }] })), /3 people share a number/)
})

const holdArbitrary = fc.record({
  scope: fc.constantFrom('campaign', 'template', 'number', 'account', 'portfolio'),
  scopeId: fc.uuid(),
  reason: fc.constantFrom(...HOLD_REASONS),
  since: fc.constant(NOW),
  autoResumeAt: fc.constantFrom(null, day(1)),
  detail: fc.constant('It stands.'),
})
const SLUGS = ['template-not-approved', 'parameters-unmapped', 'media-missing', 'filter-empty', 'sender-missing', 'empty-audience'] as const

test('whatever the facts: the refusals are the blockers, in their order and first; warnings have a fix; it is ready without blockers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...SLUGS), { maxLength: 4 }),
      fc.array(fc.constantFrom(...TABLE), { maxLength: 6 }),
      fc.array(holdArbitrary, { maxLength: 3 }),
      fc.boolean(),
      (slugs, faults, holds, isCounted) => {
        const changes = Object.assign({}, ...faults.map(([, one]) => one))
        const refusals = slugs.map((slug) => new Problem(slug, 'No.', { errors: [{ pointer: '/x', detail: 'is wrong.' }] }))
        const found = judge({ ...GOOD, ...changes, refusals, holds, ...(isCounted ? {} : { audience: undefined }) })
        assert.deepEqual(
          found.slice(0, slugs.length).map(({ code, level }) => [code, level]),
          slugs.map((slug) => [slug, 'blocker']),
        )
        assert.equal(isReady(found), slugs.length === 0)
        const ranks = found.map(({ level }) => ['blocker', 'warning', 'ok'].indexOf(level))
        assert.deepEqual(
          ranks,
          ranks.toSorted((a, b) => a - b),
        )
        for (const { level, fix, title, detail } of found) {
          assert.equal(fix === null, level === 'ok')
          assert.ok(fix !== '' && title !== '' && detail !== '')
        }
        const held = found.filter(({ code }) => code.startsWith('hold.')).length
        assert.equal(held, holds.filter(({ reason }) => reason !== 'missed_schedule' && reason !== 'awaiting_approval').length)
      },
    ),
  )
})
