import { type Db, empty, join, likeText, many, maybeOne, one, run, type Sql, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { Secrets } from '../platform/secrets.ts'
import { type ContactFilter, compileFilter } from './filter.ts'
import { identityColumns, type Phone } from './identity.ts'
import { attributeTexts, type ContactInput, type ContactRow, distinctTags } from './schema.ts'

/** Everything of a contact but what search needs. */
export const contactColumns = sql`c.id, c.phone_e164, c.user_id, c.wa_id, c.first_name, c.last_name, c.email, c.language, c.country, c.time_zone,
  c.external_id, c.tags, c.attributes, c.is_active, c.marketing_opt_in, c.opted_out_at, c.created_at, c.updated_at`

export const contactById = (db: Db, workspaceId: string, id: string, lock: 'FOR UPDATE' | '' = '') =>
  maybeOne<ContactRow>(
    db,
    sql`SELECT ${contactColumns} FROM contact c WHERE c.workspace_id = ${workspaceId} AND c.id = ${id} ${lock ? sql`FOR UPDATE` : empty}`,
  )

export const contactByPhone = (db: Db, workspaceId: string, phoneE164: string) =>
  maybeOne<ContactRow>(
    db,
    sql`SELECT ${contactColumns} FROM contact c WHERE c.workspace_id = ${workspaceId} AND c.phone_e164 = ${phoneE164}`,
  )

/** Inserts; undefined when the number is taken, also by a request at the same time. */
export function insertContact(
  db: Db,
  secrets: Secrets,
  workspaceId: string,
  phone: Phone,
  input: ContactInput,
): Promise<ContactRow | undefined> {
  const identity = identityColumns(secrets, workspaceId, { phone, userId: null })
  return maybeOne<ContactRow>(
    db,
    sql`INSERT INTO contact AS c (workspace_id, id, phone_e164, country, send_key, key_hash, first_name, last_name, email, language, time_zone,
               external_id, tags, attributes, is_active, marketing_opt_in)
        VALUES (${workspaceId}, ${newId()}, ${identity.phoneE164}, ${identity.country}, ${identity.sendKey}, ${identity.keyHash},
                ${input.firstName ?? null}, ${input.lastName ?? null}, ${input.email ?? null}, ${input.language ?? null}, ${input.timeZone ?? null},
                ${input.externalId ?? null}, ${distinctTags(input.tags ?? [])}, ${JSON.stringify(attributeTexts(input.attributes))},
                ${input.isActive ?? true}, ${input.marketingOptIn ?? null})
        ON CONFLICT DO NOTHING
        RETURNING ${contactColumns}`,
  )
}

/** Replaces the editable fields. An opt-out is none of them. */
export function updateContact(
  db: Db,
  secrets: Secrets,
  workspaceId: string,
  id: string,
  userId: string | null,
  phone: Phone,
  input: ContactInput,
): Promise<ContactRow> {
  const identity = identityColumns(secrets, workspaceId, { phone, userId })
  return one<ContactRow>(
    db,
    sql`UPDATE contact c
           SET phone_e164 = ${identity.phoneE164}, country = ${identity.country}, send_key = ${identity.sendKey}, key_hash = ${identity.keyHash},
               first_name = ${input.firstName ?? null}, last_name = ${input.lastName ?? null}, email = ${input.email ?? null},
               language = ${input.language ?? null}, time_zone = ${input.timeZone ?? null}, external_id = ${input.externalId ?? null},
               tags = ${distinctTags(input.tags ?? [])}, attributes = ${JSON.stringify(attributeTexts(input.attributes))},
               is_active = ${input.isActive ?? true}, marketing_opt_in = ${input.marketingOptIn ?? null}, updated_at = now()
         WHERE c.workspace_id = ${workspaceId} AND c.id = ${id}
        RETURNING ${contactColumns}`,
  )
}

/** Deletes; who was out, of everything or of a topic, leaves the keyed hash of their number, which keeps them out after a re-import. Set-based. */
export async function deleteContacts(tx: Db, workspaceId: string, which: Sql): Promise<number> {
  await run(
    tx,
    sql`INSERT INTO suppression (workspace_id, key_hash, id, reason, source)
        SELECT c.workspace_id, c.key_hash, gen_random_uuid(), 'Opted out before the contact was deleted', 'deleted_contact'
          FROM contact c WHERE c.workspace_id = ${workspaceId} AND ${which} AND c.opted_out_at IS NOT NULL AND c.key_hash IS NOT NULL
        ON CONFLICT DO NOTHING`,
  )
  await run(
    tx,
    sql`INSERT INTO topic_suppression (workspace_id, topic_id, key_hash)
        SELECT DISTINCT c.workspace_id, k.topic_id, c.key_hash
          FROM contact c JOIN contact_topic k ON k.workspace_id = c.workspace_id AND k.contact_id = c.id AND k.stopped
         WHERE c.workspace_id = ${workspaceId} AND ${which} AND c.key_hash IS NOT NULL
        ON CONFLICT DO NOTHING`,
  )
  return run(tx, sql`DELETE FROM contact c WHERE c.workspace_id = ${workspaceId} AND ${which}`)
}

/** Name or phone: contains, by the trigram index; under three characters: starts with. */
export function searchSql(searchTerm: string): Sql {
  const term = likeText(searchTerm.trim().toLowerCase())
  const digits = searchTerm.replace(/[\s().-]/g, '')
  const phoneTerm = /^\+?\d+$/.test(digits) ? digits : undefined
  if ([...searchTerm.trim()].length < 3)
    return phoneTerm === undefined
      ? sql`(lower(c.first_name) LIKE ${`${term}%`} OR lower(c.last_name) LIKE ${`${term}%`})`
      : sql`c.phone_e164 LIKE ${`${phoneTerm.startsWith('+') ? phoneTerm : `+${phoneTerm}`}%`}`
  return phoneTerm === undefined || phoneTerm === term
    ? sql`c.search_text LIKE ${`%${term}%`}`
    : sql`(c.search_text LIKE ${`%${term}%`} OR c.search_text LIKE ${`%${phoneTerm}%`})`
}

export interface ContactQuery {
  readonly searchTerm?: string | undefined
  readonly contactFilter?: ContactFilter | undefined
}
export const matchSql = async (db: Db, workspaceId: string, query: ContactQuery): Promise<Sql> =>
  join(
    [
      sql`c.workspace_id = ${workspaceId}`,
      ...(query.contactFilter === undefined ? [] : [await compileFilter(db, workspaceId, query.contactFilter)]),
      ...(query.searchTerm === undefined || query.searchTerm.trim() === '' ? [] : [searchSql(query.searchTerm)]),
    ],
    sql` AND `,
  )

/** For requests (`contact_here`). Looks at everybody who matches; without a condition at all, `countAll` knows. */
export const countContacts = async (db: Db, match: Sql): Promise<number> =>
  (await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM contact_here c WHERE ${match}`)).n

const SORTS: Record<string, Sql> = {
  createddate: sql`c.id`, // ids grow with time, and their order is the primary key's
  updateddate: sql`c.updated_at`,
  name: sql`lower(coalesce(c.first_name, '') || ' ' || coalesce(c.last_name, ''))`,
  phone: sql`c.phone_e164`,
}
/** `createddate desc` and the like; undefined: not a sort we know. */
export function sortSql(sortBy: string): Sql | undefined {
  const match = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(sortBy)
  const column = SORTS[match?.[1]?.toLowerCase() ?? '']
  if (column === undefined) return undefined
  return match?.[2]?.toLowerCase() === 'desc' ? sql`${column} DESC, c.id DESC` : sql`${column}, c.id`
}

/** For requests (`contact_here`). One page. It is found among ids alone, by the primary key in the order of creation: skipped contacts are never read whole. */
export const listContacts = (db: Db, workspaceId: string, match: Sql, sort: Sql, limit: number, offset: number) =>
  many<ContactRow>(
    db,
    sql`WITH page AS MATERIALIZED (SELECT c.id FROM contact_here c WHERE ${match} ORDER BY ${sort} LIMIT ${limit} OFFSET ${offset})
        SELECT ${contactColumns} FROM contact c WHERE c.workspace_id = ${workspaceId} AND c.id IN (SELECT id FROM page) ORDER BY ${sort}`,
  )

/**
 * For requests (`contact_here`). How many a search finds, up to `max`, and the ids of one page, found by one look into the trigram index.
 * @returns `ids` undefined when it finds more: the page is then among people who were not looked at
 */
export async function searchContacts(db: Db, match: Sql, sort: Sql, max: number, limit: number, offset: number) {
  const { n, ids } = await one<{ n: number; ids: string[] }>(
    db,
    sql`WITH found AS MATERIALIZED (SELECT c.id, c.updated_at, c.first_name, c.last_name, c.phone_e164 FROM contact_here c WHERE ${match} LIMIT ${max + 1})
        SELECT (SELECT count(*) FROM found) AS n, ARRAY(SELECT c.id FROM found AS c ORDER BY ${sort} LIMIT ${limit} OFFSET ${offset}) AS ids`,
  )
  return n > max ? { count: max, isExact: false } : { count: n, isExact: true, ids }
}

/** Contacts by their ids, in the order asked for. */
export const contactsByIds = (db: Db, workspaceId: string, ids: readonly string[], sort: Sql) =>
  many<ContactRow>(
    db,
    sql`SELECT ${contactColumns} FROM contact c WHERE c.workspace_id = ${workspaceId} AND c.id = ANY(${ids}::uuid[]) ORDER BY ${sort}`,
  )

/** Adds and removes tags of everybody matched, in one statement; existing writings win. */
export const changeTags = (tx: Db, workspaceId: string, which: Sql, add: readonly string[], remove: readonly string[]): Promise<number> =>
  run(
    tx,
    sql`UPDATE contact c
           SET tags = (SELECT coalesce(array_agg(tag ORDER BY n), '{}') FROM (
                 SELECT DISTINCT ON (lower(tag)) tag, n FROM unnest(c.tags || ${distinctTags(add)}::text[]) WITH ORDINALITY AS t (tag, n)
                  WHERE lower(tag) <> ALL(${remove.map((tag) => tag.toLowerCase())}::text[]) ORDER BY lower(tag), n) AS kept),
               updated_at = now()
         WHERE c.workspace_id = ${workspaceId} AND ${which}`,
  )

/** Tags in use without regard to case, the most used first, each with its number of contacts. */
export const tagsInUse = (db: Db, workspaceId: string) =>
  many<{ tag: string; count: number }>(
    db,
    sql`SELECT min(tag) AS tag, count(*) AS count FROM contact c, unnest(c.tags) AS tag WHERE c.workspace_id = ${workspaceId}
         GROUP BY lower(tag) ORDER BY count(*) DESC, lower(tag) LIMIT 1000`,
  )

/** The country that national writings of numbers belong to; null: none is set. */
export const defaultCountry = async (db: Db, workspaceId: string): Promise<string | null> =>
  (await one<{ default_country: string | null }>(db, sql`SELECT default_country FROM workspace WHERE id = ${workspaceId}`)).default_country
