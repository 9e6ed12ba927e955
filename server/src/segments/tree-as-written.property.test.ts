import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { Behaviour, Condition } from '../contacts/condition.ts'
import { attributeType } from '../contacts/condition-sql.ts'
import { type ContactFilter, compileFilter } from '../contacts/filter.ts'
import { many, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { DAY, NOW, PEOPLE, type Person, SEGMENT, sampledContacts, TAGS } from './test-sampled-contacts.ts'

const { t, people, campaigns } = await sampledContacts()
after(() => t.drop())

const isNumber = (text: string) => /^-?[0-9]{1,15}(\.[0-9]{1,10})?$/.test(text)
const compareText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

function attributeMatches(person: Person, condition: Extract<Condition, { attribute: unknown }>['attribute']): boolean {
  const stored = person.attributes[condition.key]
  const values = (Array.isArray(condition.value) ? condition.value : [condition.value]).map(String)
  const first = values[0] ?? ''
  const type = attributeType(condition)
  const read = (text: string): string | number | undefined =>
    type === 'text'
      ? text
      : type === 'number'
        ? isNumber(text)
          ? Number(text)
          : undefined
        : /^\d{4}-\d\d-\d\d/.test(text)
          ? text.slice(0, 10)
          : undefined
  const own = stored === undefined ? undefined : read(stored)
  const among = own !== undefined && values.some((value) => (type === 'date' ? value.slice(0, 10) : read(value)) === own)
  const order = () => {
    const other = read(first)
    if (own === undefined || other === undefined) return undefined
    return typeof own === 'number' ? own - (other as number) : compareText(own, String(other))
  }
  const by = (test: (n: number) => boolean) => {
    const n = order()
    return n !== undefined && test(n)
  }
  switch (condition.op) {
    case 'exists':
      return (stored !== undefined) === (first !== 'false')
    case 'contains':
      return stored?.toLowerCase().includes(first.toLowerCase()) ?? false
    case 'eq':
    case 'in':
      return among
    case 'ne':
    case 'nin':
      return !among
    case 'gt':
      return by((n) => n > 0)
    case 'gte':
      return by((n) => n >= 0)
    case 'lt':
      return by((n) => n < 0)
    case 'lte':
      return by((n) => n <= 0)
  }
}

function behaved(person: Person, { id, sinceDays, outcome, button, orUnknown }: Behaviour): boolean {
  return person.messages.some((message, k) => {
    const started = k === 0 ? 0 : 50
    if (message === null || (id === undefined ? started > (sinceDays ?? 0) : campaigns[k] !== id)) return false
    const { state, buttons } = message
    const clicked = button === undefined ? buttons.length > 0 : buttons.includes(button)
    const is = {
      Sent: state >= 6,
      Delivered: state >= 8,
      NotDelivered: state === 6 || state === 7,
      Read: state === 9,
      NotRead: state === 8,
      Clicked: clicked,
      NotClicked: state >= 8 && !clicked,
      Failed: state === 5 || state === 7,
      Unknown: state === 2,
    }
    return is[outcome] || (orUnknown === true && state === 2)
  })
}

/** The tree in plain JavaScript: what the SQL must equal. */
function matches(person: Person, node: Condition): boolean {
  if ('and' in node) return node.and.every((part) => matches(person, part))
  if ('or' in node) return node.or.some((part) => matches(person, part))
  if ('not' in node) return !matches(person, node.not)
  if ('tags' in node) {
    const own = new Set(person.tags.map((tag) => tag.toLowerCase()))
    const wanted = node.tags.map((tag) => tag.toLowerCase())
    return node.match === 'all' ? wanted.every((tag) => own.has(tag)) : wanted.some((tag) => own.has(tag))
  }
  if ('isActive' in node) return person.isActive === node.isActive
  if ('attribute' in node) return attributeMatches(person, node.attribute)
  if ('marketingOptIn' in node) return person.optIn === node.marketingOptIn
  if ('optedOut' in node) return person.optedOut === node.optedOut
  if ('language' in node) {
    const own = person.language?.toLowerCase().replaceAll('-', '_')
    return (
      own !== undefined &&
      node.language.map((each) => each.toLowerCase().replaceAll('-', '_')).some((each) => each === own || each === own.split('_')[0])
    )
  }
  if ('country' in node) return person.country !== null && node.country.map((code) => code.toUpperCase()).includes(person.country)
  if ('date' in node) {
    const { field, op, daysAgo } = node.date
    const times =
      field === 'created'
        ? [person.createdAt]
        : field === 'lastReplied'
          ? [person.inboundAt].filter((at) => at !== null)
          : person.messages.flatMap((message) => (message !== null && message.state >= 6 ? [message.at] : []))
    const last = times.length === 0 ? undefined : Math.max(...times)
    if (op === 'ever' || op === 'never') return (last !== undefined) === (op === 'ever')
    const moment = NOW - (daysAgo ?? 0) * DAY
    return last !== undefined && (op === 'after' ? last >= moment : last < moment)
  }
  if ('contactIds' in node) return node.contactIds.includes(person.id)
  if ('phones' in node) return node.phones.includes(person.phone)
  if ('importId' in node) return false
  if ('campaign' in node) return behaved(person, node.campaign)
  return matches(person, { and: [{ tags: ['VIP'] }, { country: ['IN'] }] })
}

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    tags: fc.uniqueArray(fc.constantFrom(...TAGS, 'VIP'), { minLength: 1 }),
    match: fc.constantFrom('any' as const, 'all' as const),
  }),
  fc.record({ isActive: fc.boolean() }),
  fc.record({
    attribute: fc
      .record({
        key: fc.constantFrom('City', 'Age', 'Since', 'Nothing'),
        op: fc.constantFrom('eq', 'ne', 'in', 'nin', 'gt', 'gte', 'lt', 'lte', 'contains', 'exists'),
        value: fc.oneof(
          fc.constantFrom('Berlin', 'ürg', '10', 10, '2026-01-31', '2026-02-01', '', true, false),
          fc.array(fc.constantFrom('Berlin', '10', 9, '2026-01-31'), { maxLength: 3 }),
        ),
        type: fc.constantFrom('text' as const, 'number' as const, 'date' as const, undefined),
      })
      .map(
        ({ type, ...rest }) => (type === undefined ? rest : { ...rest, type }) as Extract<Condition, { attribute: unknown }>['attribute'],
      )
      .filter(({ op, value, type }) =>
        Array.isArray(value)
          ? (op === 'in' || op === 'nin') && value.length > 0
          : type !== 'date' || op === 'exists' || /^\d{4}/.test(String(value)),
      ),
  }),
  fc.record({ marketingOptIn: fc.constantFrom(true, false, null) }),
  fc.record({ optedOut: fc.boolean() }),
  fc.record({ language: fc.uniqueArray(fc.constantFrom('en', 'EN_us', 'pt', 'pt_BR'), { minLength: 1 }) }),
  fc.record({ country: fc.uniqueArray(fc.constantFrom('IN', 'us', 'DE'), { minLength: 1 }) }),
  fc.record({
    date: fc.oneof(
      fc.record({
        field: fc.constantFrom('created' as const, 'lastMessaged' as const, 'lastReplied' as const),
        op: fc.constantFrom('ever' as const, 'never' as const),
      }),
      fc.record({
        field: fc.constantFrom('created' as const, 'lastMessaged' as const, 'lastReplied' as const),
        op: fc.constantFrom('after' as const, 'before' as const),
        daysAgo: fc.constantFrom(1, 10, 60),
      }),
    ),
  }),
  fc.record({
    campaign: fc
      .record({
        which: fc.constantFrom(0, 1, 10, 90),
        outcome: fc.constantFrom('Sent', 'Delivered', 'NotDelivered', 'Read', 'NotRead', 'Clicked', 'NotClicked', 'Failed', 'Unknown'),
        button: fc.constantFrom(0, 1, undefined),
        doubt: fc.boolean(),
      })
      .map(
        ({ which, outcome, button, doubt }) =>
          ({
            ...(which < 2 ? { id: `campaign ${which}` } : { sinceDays: which }),
            outcome,
            ...(button === undefined || !/Clicked/.test(outcome) ? {} : { button }),
            ...(doubt ? { orUnknown: true } : {}),
          }) as Behaviour,
      ),
  }),
  fc.constant({ segmentId: SEGMENT }),
)
const { tree } = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({ not: tie('tree') }),
    fc.record({ and: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
  ),
}))
/** Campaign ids exist only once the database does. */
const named = (node: Condition): Condition =>
  JSON.parse(JSON.stringify(node).replace(/"campaign (\d)"/g, (_, k: string) => JSON.stringify(campaigns[Number(k)])))

test('whatever the tree, SQL chooses exactly the people that plain JavaScript chooses', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (generated) => {
      const where = named(generated)
      const people_ = await compileFilter(t.deps.pool, t.workspaceId, { where })
      const rows = await many<{ id: string }>(t.deps.pool, sql`SELECT c.id FROM contact c WHERE ${people_} ORDER BY c.id`)
      assert.deepEqual(
        rows.map(({ id }) => id),
        people
          .filter((person) => matches(person, where))
          .map(({ id }) => id)
          .sort(),
      )
    }),
    { numRuns: 400 },
  )
})

test('a tree accepted by the API means what was written, and its short forms mean the same', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (generated) => {
      const where = named(generated)
      const { status, body } = await t.request('POST', 'Segment/preview', { body: { contactFilter: { where } } })
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(body.count, people.filter((person) => matches(person, where)).length)
      assert.equal(body.samples.length, Math.min(20, body.count))
    }),
    { numRuns: 60 },
  )
  const count = async (contactFilter: ContactFilter) => (await t.request('POST', 'Segment/preview', { body: { contactFilter } })).body.count
  const short = await count({ tags: ['vip', 'NEW'], excludeTags: ['café'], isActive: true })
  const long = await count({ where: { and: [{ tags: ['VIP', 'new'] }, { not: { tags: ['Café'] } }, { isActive: true }] } })
  assert.equal(short, long)
  assert.ok(short > 0 && short < PEOPLE)
})

test('every fault of a tree is named at its place', async () => {
  const where = {
    or: [
      { and: [] },
      { tags: ['VIP'], color: 1 },
      { country: ['India'] },
      { tags: ['x'], isActive: true },
      { campaign: { outcome: 'Read' } },
      { attribute: { key: 'Age', op: 'like' } },
      { date: { field: 'created', op: 'after' } },
    ],
  }
  const { status, body } = await t.request('POST', 'Segment/preview', { body: { contactFilter: { where } } })
  assert.equal(status, 422)
  assert.deepEqual(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
    '/contactFilter/where/or/0/and',
    '/contactFilter/where/or/1/color',
    '/contactFilter/where/or/2/country/0',
    '/contactFilter/where/or/3',
    '/contactFilter/where/or/4/campaign',
    '/contactFilter/where/or/5/attribute/op',
    '/contactFilter/where/or/6/date',
  ])
  const missing = { and: [{ campaign: { id: newId(), outcome: 'Read' } }, { segmentId: newId() }, { attribute: { key: 'Age', op: 'gt' } }] }
  const unknown = await t.request('POST', 'Segment/preview', { body: { contactFilter: { where: missing } } })
  assert.deepEqual(
    unknown.body.errors.map(({ pointer }: { pointer: string }) => pointer),
    ['/contactFilter/where/and/0/campaign/id', '/contactFilter/where/and/1/segmentId', '/contactFilter/where/and/2/attribute/value'],
  )
  let deep: unknown = { isActive: true }
  for (let n = 0; n < 2_000; n++) deep = { not: deep }
  assert.equal((await t.request('POST', 'Segment/preview', { body: { contactFilter: { where: deep } } })).status, 400)
})
