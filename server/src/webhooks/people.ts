import { type ConsentEntry, inheritHistory, recordConsent } from '../contacts/consent.ts'
import { identityColumns, parsePhone, phoneKey } from '../contacts/identity.ts'
import type { Tally } from '../dispatch/counters.ts'
import { ints, texts, uuids } from '../platform/arrays.ts'
import { type Db, many, maybeOne, postPrepared, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { Secrets } from '../platform/secrets.ts'

/** How Meta names a person; at least one is there. */
export interface PersonIds {
  readonly waId: string | null
  readonly userId: string | null
}

/** Every contact a person reaches: by BSUID, wa_id, number and its national alternates. */
export const contactsOf = async (db: Db, workspaceId: string, { waId, userId }: PersonIds): Promise<string[]> =>
  (
    await many<{ id: string }>(
      db,
      sql`SELECT id FROM contact WHERE workspace_id = ${workspaceId} AND user_id = ${userId}
          UNION SELECT id FROM contact WHERE workspace_id = ${workspaceId} AND wa_id = ${waId}
          UNION SELECT id FROM contact WHERE workspace_id = ${workspaceId} AND send_key = ${waId === null ? null : phoneKey(waId)}
          ORDER BY id`,
    )
  ).map(({ id }) => id)

/**
 * As `contactsOf` for many people at once: the contacts of each, locked in one order, so that two processors never wait for each other
 * crosswise.
 */
export async function contactsOfAll(tx: Db, workspaceId: string, people: readonly PersonIds[]): Promise<string[][]> {
  const found = await many<{ n: number; id: string }>(
    tx,
    sql`WITH asked AS (
          SELECT * FROM unnest(${people.map((_, n) => n)}::int[], ${people.map(({ userId }) => userId)}::text[], ${people.map(({ waId }) => waId)}::text[],
                               ${people.map(({ waId }) => (waId === null ? null : phoneKey(waId)))}::text[]) AS a (n, user_id, wa_id, send_key)),
        reached AS MATERIALIZED (
          SELECT a.n, c.id FROM asked a JOIN contact c ON c.workspace_id = ${workspaceId} AND c.user_id = a.user_id
          UNION SELECT a.n, c.id FROM asked a JOIN contact c ON c.workspace_id = ${workspaceId} AND c.wa_id = a.wa_id
          UNION SELECT a.n, c.id FROM asked a JOIN contact c ON c.workspace_id = ${workspaceId} AND c.send_key = a.send_key),
        locked AS MATERIALIZED (
          SELECT id FROM contact WHERE workspace_id = ${workspaceId} AND id IN (SELECT id FROM reached) ORDER BY id FOR NO KEY UPDATE)
        SELECT n, id FROM reached JOIN locked USING (id) ORDER BY n, id`,
  )
  const ids = people.map((): string[] => [])
  for (const { n, id } of found) ids[n]?.push(id)
  return ids
}

/** The contact of somebody who wrote: the first that BSUID, wa_id or number reach, else a new one. Undefined: Meta named nobody. */
export async function writerOf(
  tx: Db,
  secrets: Secrets,
  workspaceId: string,
  person: PersonIds,
  profileName: string | null,
): Promise<string | undefined> {
  if (person.waId === null && person.userId === null) return undefined
  const [known] = await contactsOf(tx, workspaceId, person)
  if (known !== undefined) return known
  const phone = person.waId === null ? null : (parsePhone(`+${person.waId}`) ?? null)
  if (phone === null && person.userId === null) return undefined
  const identity = identityColumns(secrets, workspaceId, { phone, userId: person.userId })
  const id = newId()
  await run(
    tx,
    sql`INSERT INTO contact (workspace_id, id, phone_e164, user_id, wa_id, country, send_key, key_hash, first_name)
        VALUES (${workspaceId}, ${id}, ${identity.phoneE164}, ${person.userId}, ${person.waId}, ${identity.country}, ${identity.sendKey}, ${identity.keyHash},
                ${profileName?.slice(0, 200) ?? null}) ON CONFLICT DO NOTHING`,
  )
  return id
}

/** What people who wrote are known by from now on, and when they last wrote: nothing that was known before is lost. */
export async function noteWriters(
  tx: Db,
  workspaceId: string,
  told: readonly (PersonIds & { readonly contactId: string; readonly at: Date })[],
): Promise<void> {
  if (told.length === 0) return
  const byContact = new Map<string, (typeof told)[number]>()
  for (const one of told.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
    const before = byContact.get(one.contactId) // an id that only an earlier message told is kept
    byContact.set(one.contactId, { ...one, waId: one.waId ?? before?.waId ?? null, userId: one.userId ?? before?.userId ?? null })
  }
  const latest = [...byContact.values()]
  await run(
    tx,
    sql`UPDATE contact c
           SET last_inbound_at = greatest(c.last_inbound_at, t.at),
               wa_id = CASE WHEN t.is_others THEN c.wa_id ELSE coalesce(t.wa_id, c.wa_id) END,
               user_id = CASE WHEN t.is_others THEN c.user_id ELSE coalesce(c.user_id, t.user_id) END
          FROM (SELECT u.*, EXISTS (SELECT 1 FROM contact o WHERE o.workspace_id = ${workspaceId} AND o.user_id = u.user_id AND o.id <> u.id) AS is_others
                  FROM unnest(${latest.map((one) => one.contactId)}::uuid[], ${latest.map((one) => one.waId)}::text[],
                              ${latest.map((one) => one.userId)}::text[], ${latest.map((one) => one.at)}::timestamptz[]) AS u (id, wa_id, user_id, at)) AS t
         WHERE c.workspace_id = ${workspaceId} AND c.id = t.id
           AND (c.last_inbound_at IS NULL OR t.at > c.last_inbound_at
             OR (NOT t.is_others AND ((t.wa_id IS NOT NULL AND c.wa_id IS DISTINCT FROM t.wa_id) OR (t.user_id IS NOT NULL AND c.user_id IS NULL))))`,
  )
}

/** Notes the ids Meta told, unless another contact has them. */
const learn = (tx: Db, workspaceId: string, contactId: string, { waId, userId }: PersonIds): Promise<number> =>
  run(
    tx,
    sql`UPDATE contact c SET wa_id = coalesce(${waId}, c.wa_id), user_id = coalesce(c.user_id, ${userId})
         WHERE c.workspace_id = ${workspaceId} AND c.id = ${contactId}
           AND ((${waId}::text IS NOT NULL AND c.wa_id IS DISTINCT FROM ${waId}) OR (${userId}::text IS NOT NULL AND c.user_id IS NULL))
           AND NOT EXISTS (SELECT 1 FROM contact o WHERE o.workspace_id = c.workspace_id AND o.user_id = ${userId} AND o.id <> c.id)`,
  )

/** Notes what statuses told about the people they were sent to, in one statement. */
export async function learnFromReceipts(
  tx: Db,
  workspaceId: string,
  told: readonly { readonly campaignId: string; readonly seq: number; readonly waId: string | null; readonly userId: string | null }[],
): Promise<void> {
  if (told.length === 0) return
  const byRecipient = new Map<string, (typeof told)[number]>()
  for (const one of told) {
    const key = `${one.campaignId} ${one.seq}`
    const before = byRecipient.get(key) // an id that only an earlier receipt told is kept
    byRecipient.set(key, before ? { ...one, waId: one.waId ?? before.waId, userId: one.userId ?? before.userId } : one)
  }
  const latest = [...byRecipient.values()]
  await postPrepared(
    tx,
    sql`UPDATE contact c
           SET wa_id = coalesce(c.wa_id, t.wa_id),
               user_id = CASE WHEN EXISTS (SELECT 1 FROM contact o WHERE o.workspace_id = c.workspace_id AND o.user_id = t.user_id) THEN c.user_id
                              ELSE coalesce(c.user_id, t.user_id) END
          FROM (SELECT DISTINCT ON (coalesce(u.user_id, r.contact_id::text)) r.contact_id, u.wa_id, u.user_id
                  FROM unnest(${uuids(latest, (one) => one.campaignId)}::uuid[], ${ints(latest, (one) => one.seq)}::int[],
                              ${texts(latest, (one) => one.waId)}::text[], ${texts(latest, (one) => one.userId)}::text[]) AS u (campaign_id, seq, wa_id, user_id)
                  JOIN recipient r ON r.workspace_id = ${workspaceId} AND r.campaign_id = u.campaign_id AND r.seq = u.seq) AS t
         WHERE c.workspace_id = ${workspaceId} AND c.id = t.contact_id
           AND ((c.wa_id IS NULL AND t.wa_id IS NOT NULL) OR (c.user_id IS NULL AND t.user_id IS NOT NULL))`,
  )
}

/** A message of ours to this person, found by its wamid among their latest fifty: there is no index on wamid. */
export const messageByWamid = (db: Db, workspaceId: string, contactIds: readonly string[], wamid: string) =>
  maybeOne<{ campaignId: string; seq: number }>(
    db,
    sql`SELECT m.campaign_id AS "campaignId", m.seq
          FROM (SELECT campaign_id, seq FROM recipient WHERE workspace_id = ${workspaceId} AND contact_id = ANY(${contactIds}::uuid[])
                 ORDER BY campaign_id DESC LIMIT 50) AS r
          JOIN message m ON m.workspace_id = ${workspaceId} AND m.campaign_id = r.campaign_id AND m.seq = r.seq
         WHERE m.wamid = ${wamid}`,
  )

/** The campaign message a reply or opt-out belongs to when it names none: the latest within 72 hours (api.md §3.1). */
export const latestMessage = (db: Db, workspaceId: string, contactIds: readonly string[], at: Date) =>
  maybeOne<{ campaignId: string; seq: number }>(
    db,
    sql`SELECT m.campaign_id AS "campaignId", m.seq
          FROM (SELECT campaign_id, seq FROM recipient WHERE workspace_id = ${workspaceId} AND contact_id = ANY(${contactIds}::uuid[])
                 ORDER BY campaign_id DESC LIMIT 50) AS r
          JOIN message m ON m.workspace_id = ${workspaceId} AND m.campaign_id = r.campaign_id AND m.seq = r.seq
         WHERE m.state >= 6 AND coalesce(m.sent_at, m.accepted_at, m.delivered_at) BETWEEN ${at}::timestamptz - interval '72 hours' AND ${at}::timestamptz + interval '5 minutes'
         ORDER BY coalesce(m.sent_at, m.accepted_at, m.delivered_at) DESC LIMIT 1`,
  )

/** Records consent for everybody a person reaches, and counts an opt-out for the campaign it belongs to. */
export async function said(
  tx: Db,
  workspaceId: string,
  contactIds: readonly string[],
  entry: Pick<ConsentEntry, 'source' | 'stopped' | 'saidAt' | 'note' | 'topicId'>,
  tally: Tally,
  belongsTo?: { readonly campaignId: string },
): Promise<void> {
  const newlyOut = await recordConsent(
    tx,
    contactIds.map((contactId) => ({ workspaceId, contactId, ...entry })),
  )
  if (newlyOut.length === 0) return
  const campaign = belongsTo ?? (await latestMessage(tx, workspaceId, contactIds, entry.saidAt))
  if (campaign !== undefined) tally.act(campaign.campaignId, { optedOut: 1 })
}

/** A person moved to another number or got another BSUID: history and opt-outs go along; if both exist, the stricter consent wins. */
export async function moveIdentity(tx: Db, secrets: Secrets, workspaceId: string, from: PersonIds, to: PersonIds): Promise<void> {
  const [oldId] = await contactsOf(tx, workspaceId, from)
  const [newContact] = await contactsOf(tx, workspaceId, to)
  if (oldId === undefined || oldId === newContact) {
    if (newContact !== undefined) await learn(tx, workspaceId, newContact, to)
    return
  }
  if (newContact !== undefined) {
    await run(
      tx,
      sql`INSERT INTO consent AS k (workspace_id, contact_id, source, stopped, said_at, note)
          SELECT workspace_id, ${newContact}, source, stopped, said_at, note FROM consent WHERE workspace_id = ${workspaceId} AND contact_id = ${oldId} AND stopped
          ON CONFLICT (workspace_id, contact_id, source) DO UPDATE SET stopped = true, said_at = greatest(k.said_at, excluded.said_at)`,
    )
    await run(
      tx,
      sql`INSERT INTO contact_topic AS k (workspace_id, contact_id, topic_id, source, stopped, said_at)
          SELECT workspace_id, ${newContact}, topic_id, source, stopped, said_at FROM contact_topic
           WHERE workspace_id = ${workspaceId} AND contact_id = ${oldId} AND stopped
          ON CONFLICT (workspace_id, contact_id, topic_id, source) DO UPDATE SET stopped = true, said_at = greatest(k.said_at, excluded.said_at)`,
    )
    await run(
      tx,
      sql`UPDATE contact n SET opted_out_at = least(n.opted_out_at, o.opted_out_at), marketing_opt_in = CASE WHEN o.marketing_opt_in = false THEN false ELSE n.marketing_opt_in END
            FROM contact o WHERE n.workspace_id = ${workspaceId} AND n.id = ${newContact} AND o.workspace_id = n.workspace_id AND o.id = ${oldId}`,
    )
    await inheritHistory(tx, workspaceId, oldId, newContact)
    await run(
      tx,
      sql`UPDATE contact SET is_active = false, user_id = CASE WHEN phone_e164 IS NULL THEN user_id END WHERE workspace_id = ${workspaceId} AND id = ${oldId}`,
    )
    return
  }
  const phone = to.waId === null ? null : (parsePhone(`+${to.waId}`) ?? null)
  const identity = identityColumns(secrets, workspaceId, { phone, userId: to.userId })
  await run(
    tx,
    sql`UPDATE contact
           SET user_id = coalesce(${to.userId}, user_id), wa_id = coalesce(${to.waId}, wa_id),
               phone_e164 = coalesce(${identity.phoneE164}, phone_e164),
               send_key = CASE WHEN ${identity.phoneE164}::text IS NULL THEN send_key ELSE ${identity.sendKey} END,
               key_hash = CASE WHEN ${identity.phoneE164}::text IS NULL THEN key_hash ELSE ${identity.keyHash}::bytea END,
               country = CASE WHEN ${identity.phoneE164}::text IS NULL THEN country ELSE ${identity.country} END, updated_at = now()
         WHERE workspace_id = ${workspaceId} AND id = ${oldId}`,
  )
}
