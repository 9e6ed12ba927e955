import { checkTopic } from '../consent/topics.ts'
import { isOutByTopicSql, skipReasonSql } from '../contacts/eligibility.ts'
import { contactFieldSql } from '../contacts/fields.ts'
import { limitedNumber, limitsOf, needsRoomSql, roomNow } from '../dispatch/room.ts'
import { type Db, join, many, maybeOne, one, type Sql, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { type Cost, estimateCost } from '../pricing/cost.ts'
import { NO_COUNTRY } from '../pricing/country.ts'
import type { Rendered, RenderedText } from '../templates/render.ts'
import { finishItem, roomOf } from './answer.ts'
import { finishOf } from './finish.ts'
import { type Family, versionSql } from './languages.ts'
import { checkLaunch, type Launch, type LaunchInput } from './launch.ts'
import { isQuiet, numberZones, type QuietHours, wakesAt } from './quiet-hours.ts'
import { nightRule, placeSql } from './zones.ts'

const SAMPLES = 20
const ESTIMATE_FROM = 1_000

export interface Waterfall {
  readonly matched: number
  readonly eligible: number
  readonly excluded: { reason: string; count: number }[]
  /** Of `opted_out`: by the topic alone. */
  readonly optedOutOfTopic: number
  readonly approximate: boolean
  readonly countries: { country: string; count: number; cost: Cost | null }[]
  readonly estimatedCost: Cost | null
  readonly estimatedSeconds: number
  /** People the 24-hour limit has room for now, and when the rest begin to go; null: all go now. */
  readonly now: number
  readonly restFrom: string | null
  readonly quietHours: QuietHours | null
  /** For how many it is night at the start, and when the last of them wakes. */
  readonly asleep: { readonly people: number; readonly until: string | null }
  /** By rate, quiet hours and 24-hour limit, from its time or now. */
  readonly finish: { readonly expectedAt: string | null; readonly late: number }
  /** Of a family: each template of the name, and how many get it; before those whose variables turn out empty are taken off. */
  readonly languages: { language: string; templateId: string; status: string; people: number; reason: string | null }[]
  readonly samples: {
    contactId: string
    name: string | null
    phone: string | null
    language: string
    text: RenderedText | null
    reason: string | null
  }[]
}

const previewHooks = { quickReplyPayload: () => 'preview', linkToken: () => 'preview' }

/** When and how fast a previewed campaign would send. */
export interface PreviewTiming {
  readonly timeZone: string | null
  readonly ratePerSecond: number | null
  readonly quietHours: QuietHours | null
  readonly scheduledAt: Date | null
  readonly finishBy: Date | null
}

/**
 * Who would be reached and who left out, by the very rules of the freeze; nothing is stored. Plain variables are counted exactly, others
 * are estimated on the first 1,000 eligible contacts and marked.
 */
export async function previewAudience(deps: Deps, db: Db, workspaceId: string, input: LaunchInput & PreviewTiming): Promise<Waterfall> {
  await checkTopic(db, workspaceId, input.topicId)
  return countAudience(deps, db, workspaceId, await checkLaunch(deps, db, workspaceId, input), input)
}

/** The same of a launch that may still be refused. */
export async function countAudience(deps: Deps, db: Db, workspaceId: string, launch: Launch, input: PreviewTiming): Promise<Waterfall> {
  const plain = launch.message.plainFields
  const limits = limitsOf(await limitedNumber(db, workspaceId, launch.numberId))
  const { hours, fallbackZone } = await nightRule(db, workspaceId, { ...input, category: launch.template.category })
  const rows = await many<{
    reason: string | null
    country: string | null
    place: string | null
    by_topic: boolean
    version: number
    n: number
    seekers: number
  }>(
    db,
    sql`SELECT reason, CASE WHEN reason IS NULL THEN coalesce(country, '??') END AS country, CASE WHEN reason IS NULL THEN place END AS place, reason = 'opted_out' AND by_topic AS by_topic, version, count(*) AS n,
               count(*) FILTER (WHERE reason IS NULL AND needs_room) AS seekers FROM ${decidedSql(launch, needsRoomSql(limits), hours === null ? sql`NULL::text` : placeSql)} AS decided
         GROUP BY 1, 2, 3, 4, 5`,
  )
  const matched = rows.reduce((sum, { n }) => sum + n, 0)
  let eligible = rows.filter(({ reason }) => reason === null).reduce((sum, { n }) => sum + n, 0)
  const excluded = new Map<string, number>()
  for (const { reason, n } of rows) if (reason !== null) excluded.set(reason, (excluded.get(reason) ?? 0) + n)
  const people = await samplePeople(db, launch, plain === undefined ? ESTIMATE_FROM : SAMPLES)
  const rendered = people.map((person) => ({ person, result: launch.message.render(person.fields, previewHooks, person.version) }))
  const peopleOf = (version: number) =>
    rows.filter((row) => row.reason === null && row.version === version).reduce((sum, { n }) => sum + n, 0)
  const languages = languagesOf(launch.family, peopleOf)
  const isApproximate = plain === undefined && eligible > 0
  if (plain === undefined) {
    const estimated = [...Map.groupBy(rendered, ({ person }) => person.version)].reduce((sum, [version, sample]) => {
      const failing = sample.filter(({ result }) => !result.ok).length
      return sum + Math.round((failing / sample.length) * peopleOf(version))
    }, 0)
    if (estimated > 0) excluded.set('missing_variable', estimated)
    eligible -= estimated
  }
  const { rate } = await one<{ rate: number }>(
    db,
    sql`SELECT least(throughput_per_second, rate_per_second, ${input.ratePerSecond}::int) AS rate FROM phone_number WHERE workspace_id = ${workspaceId} AND id = ${launch.numberId}`,
  )
  const room = await roomNow(db, workspaceId, limits)
  const seekers = Math.min(
    eligible,
    rows.reduce((sum, row) => sum + row.seekers, 0),
  )
  const waiting = room === undefined ? 0 : Math.max(0, seekers - room.places)
  const reached = rows.filter(({ reason }) => reason === null)
  const countries = [...Map.groupBy(reached, ({ country }) => country ?? NO_COUNTRY)]
    .map(([country, parts]) => ({ country, count: parts.reduce((sum, { n }) => sum + n, 0) }))
    .sort((a, b) => b.count - a.count)
  const startsAt = new Date(Math.max(deps.now().getTime(), input.scheduledAt?.getTime() ?? 0))
  const { zones, numberOf } = numberZones(
    reached.map(({ place }) => place ?? ''),
    fallbackZone,
    startsAt,
  )
  const groups = reached.map(({ place, n }) => ({ zones: zones[numberOf.get(place ?? '') ?? 0] ?? [], people: n }))
  // whoever needs no place under the limit leaves theirs to the others
  const plan = { groups, hours, perSecond: rate, room: waiting === 0 ? null : roomOf(room, limits) }
  const finish = finishOf(plan, startsAt, input.finishBy)
  const asleep = hours === null ? [] : groups.filter((group) => isQuiet(group.zones, hours, startsAt))
  const wakeMs = hours === null ? [] : asleep.map((group) => wakesAt(group.zones, hours, startsAt).getTime())
  const estimate = await estimateCost(db, workspaceId, countries, launch.template.category)
  return {
    matched,
    eligible,
    excluded: [...excluded].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
    optedOutOfTopic: rows.filter((row) => row.by_topic).reduce((sum, { n }) => sum + n, 0),
    approximate: isApproximate,
    countries: estimate.countries,
    estimatedCost: estimate.cost,
    estimatedSeconds: Math.ceil(eligible / rate),
    now: eligible - waiting,
    restFrom: waiting === 0 ? null : (room?.nextAt.toISOString() ?? null),
    quietHours: hours,
    asleep: {
      people: asleep.reduce((sum, group) => sum + group.people, 0),
      until: wakeMs.length === 0 ? null : new Date(Math.max(...wakeMs)).toISOString(),
    },
    finish: finishItem(finish),
    languages,
    samples: rendered.slice(0, SAMPLES).map(({ person, result }) => ({
      contactId: person.id,
      name: person.name,
      phone: person.phone,
      language: (launch.family?.versions[person.version] ?? launch.template).language,
      ...shown(result),
    })),
  }
}

/**
 * Everybody the filter matches, each with the one reason that leaves them out, or NULL: contact, country, needs_room. The same rules as the
 * freeze, in its order; a variable without a value is found here as far as it is plain.
 */
function decidedSql(launch: Launch, needsRoom: Sql, place: Sql = sql`NULL::text`): Sql {
  const plain = launch.message.plainFields === undefined ? [] : launch.message.plainByVersion
  const cases = plain.map((names, version) => sql`WHEN ${version}::smallint THEN ${lackSql(names)}`)
  const lacks = cases.length < 2 ? lackSql(plain[0] ?? []) : sql`CASE ${versionSql(launch.family)} ${join(cases, sql` `)} ELSE false END`
  return sql`(
    SELECT id, country, place, needs_room, by_topic, version,
           CASE WHEN reason IS NULL AND row_number() OVER (PARTITION BY send_key, reason IS NULL ORDER BY id) > 1 THEN 'duplicate_phone'
                WHEN reason IS NULL AND lacks THEN 'missing_variable' ELSE reason END AS reason
      FROM (SELECT c.id, c.send_key, c.country, ${place} AS place, ${needsRoom} AS needs_room, ${skipReasonSql(launch.rule)} AS reason, ${isOutByTopicSql(launch.rule)} AS by_topic,
                   ${versionSql(launch.family)} AS version, ${lacks} AS lacks
              FROM contact_here c WHERE ${launch.people}) AS matched)`
}

/** Some value of a version is empty: its plain fields, over alias `c`. */
const lackSql = (names: readonly string[]): Sql =>
  names.length === 0
    ? sql`false`
    : sql`(${join(
        names.map((name) => sql`coalesce(btrim(${contactFieldSql(name)}), '') = ''`),
        sql` OR `,
      )})`

/** Each template of the family with how many get it; those nobody gets say why. */
const languagesOf = (family: Family | null, peopleOf: (version: number) => number): Waterfall['languages'] =>
  (family?.members ?? []).map(({ template, reason }) => {
    const people = reason === null ? peopleOf(family?.versions.indexOf(template) ?? 0) : 0
    return { language: template.language, templateId: template.id, status: template.status, people, reason }
  })

export interface ExcludedPerson {
  readonly contactId: string
  readonly name: string | null
  readonly phone: string | null
}

/**
 * The people whom one reason leaves out: the same as its count in the waterfall. Where a variable is more than a plain path, those found
 * among the first 1,000 eligible contacts.
 */
export async function excludedPeople(
  deps: Deps,
  db: Db,
  workspaceId: string,
  input: LaunchInput,
  reason: string,
  limit: number,
  offset: number,
): Promise<{ people: ExcludedPerson[]; total: number; isExact: boolean }> {
  const launch = await checkLaunch(deps, db, workspaceId, input)
  if (reason === 'missing_variable' && launch.message.plainFields === undefined) {
    const sampled = await samplePeople(db, launch, ESTIMATE_FROM)
    const failing = sampled.filter(({ fields, version }) => !launch.message.render(fields, previewHooks, version).ok)
    const people = failing.slice(offset, offset + limit).map(({ id, name, phone }) => ({ contactId: id, name, phone }))
    return { people, total: failing.length, isExact: sampled.length < ESTIMATE_FROM }
  }
  const decided = decidedSql(launch, sql`false`)
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM ${decided} AS d WHERE d.reason = ${reason}`)
  const people = await many<ExcludedPerson>(
    db,
    sql`SELECT c.id AS "contactId", nullif(concat_ws(' ', c.first_name, c.last_name), '') AS name, c.phone_e164 AS phone
          FROM ${decided} AS d JOIN contact c ON c.workspace_id = ${workspaceId} AND c.id = d.id
         WHERE d.reason = ${reason} ORDER BY d.id LIMIT ${limit} OFFSET ${offset}`,
  )
  return { people, total: n, isExact: true }
}

const shown = (result: Rendered) =>
  result.ok ? { text: result.text, reason: null } : { text: null, reason: `${result.reason}: ${result.key}` }

const fieldsSql = (names: readonly string[]): Sql =>
  names.length === 0 ? sql`'{}'::text[]` : sql`ARRAY[${join(names.map(contactFieldSql), sql`, `)}]::text[]`

interface SamplePerson {
  readonly id: string
  readonly name: string | null
  readonly phone: string | null
  readonly fields: (string | null)[]
  readonly version: number
}
/** The first eligible contacts; of a family as many of each language as there are places, so that a rare one is seen too. */
const samplePeople = (db: Db, launch: Launch, limit: number) => {
  const people = sql`
    SELECT c.id, nullif(concat_ws(' ', c.first_name, c.last_name), '') AS name, c.phone_e164 AS phone, ${fieldsSql(launch.message.fieldNames)} AS fields,
           ${versionSql(launch.family)} AS version
      FROM contact_here c WHERE ${launch.people} AND ${skipReasonSql(launch.rule)} IS NULL`
  const each = Math.ceil(limit / (launch.family?.versions.length ?? 1))
  return many<SamplePerson>(
    db,
    launch.family === null
      ? sql`${people} ORDER BY c.id LIMIT ${limit}`
      : sql`SELECT * FROM (SELECT p.*, row_number() OVER (PARTITION BY version ORDER BY id) AS nth FROM (${people}) AS p) AS ranked
             WHERE nth <= ${each} ORDER BY nth, version`,
  )
}

/** What a test to this number is written with: the contact's own fields and language; for somebody who is no contact those of one whose message is complete. */
export async function fieldsForTest(
  db: Db,
  launch: Launch,
  workspaceId: string,
  phoneE164: string,
): Promise<{ readonly fields: (string | null)[]; readonly version: number }> {
  const names = launch.message.fieldNames
  const own = await maybeOne<{ fields: (string | null)[]; version: number }>(
    db,
    sql`SELECT ${fieldsSql(names)} AS fields, ${versionSql(launch.family)} AS version
          FROM contact c WHERE c.workspace_id = ${workspaceId} AND c.phone_e164 = ${phoneE164}`,
  )
  if (own !== undefined) return own
  const others = await samplePeople(db, launch, SAMPLES)
  const complete = others.find(({ fields, version }) => launch.message.render(fields, previewHooks, version).ok)
  return complete ?? { fields: names.map(() => null), version: 0 }
}
