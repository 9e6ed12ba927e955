import { announce } from '../outgoing/events.ts'
import { type Db, many, run, type Sql, sql } from '../platform/db.ts'

export const CONSENT_SOURCES = ['word', 'button', 'meta', 'admin', 'api', 'import'] as const
export type ConsentSource = (typeof CONSENT_SOURCES)[number]

/** The topic of whatever is said about no topic: about every message. */
export const EVERYTHING = '00000000-0000-0000-0000-000000000000'

export interface ConsentEntry {
  readonly workspaceId: string
  readonly contactId: string
  readonly source: ConsentSource
  /** false: the person may be messaged again, as far as this source goes. */
  readonly stopped: boolean
  /** Provider time where there is one. */
  readonly saidAt: Date
  readonly note?: string
  readonly actorName?: string
  /** What it is about; absent or null: every message. Neither says anything about the other. */
  readonly topicId?: string | null
}

/**
 * Which sources a "yes" lifts (delivery.md §5): a START word lifts word and button, Meta's resume lifts Meta's own, only a person lifts an
 * admin's stop, and that lifts everything.
 */
export const liftedBy = (source: ConsentSource): readonly ConsentSource[] => {
  if (source === 'word' || source === 'button') return ['word', 'button']
  return source === 'admin' || source === 'api' ? CONSENT_SOURCES : [source]
}

/**
 * Records what people said. Per source the latest time decides, and at equal times the stop, so order and repetition do not matter.
 * A person is out while any source says stop. Everything said is also appended to the history.
 * @returns the contacts that are out now, of everything or of the topic, and were not before
 */
export async function recordConsent(tx: Db, entries: readonly ConsentEntry[]): Promise<string[]> {
  if (entries.length === 0) return []
  const newlyOut: string[] = []
  const byWorkspace = Map.groupBy(entries, ({ workspaceId }) => workspaceId)
  for (const [workspaceId, own] of byWorkspace) {
    const ids = [...new Set(own.map(({ contactId }) => contactId))].sort()
    const before = await many<{ id: string; opted_out_at: Date | null }>(
      tx,
      sql`SELECT id, opted_out_at FROM contact WHERE workspace_id = ${workspaceId} AND id = ANY(${ids}::uuid[]) ORDER BY id FOR UPDATE`,
    )
    const known = new Set(before.map(({ id }) => id))
    const heard = own.filter(({ contactId }) => known.has(contactId))
    newlyOut.push(...(await recordTopics(tx, workspaceId, heard)))
    for (const entry of heard) {
      if (entry.topicId) continue
      for (const source of entry.stopped ? [entry.source] : liftedBy(entry.source)) await upsert(tx, entry, source)
    }
    await append(tx, workspaceId, heard)
    const after = await many<{ id: string; opted_out_at: Date | null }>(
      tx,
      sql`UPDATE contact c
             SET opted_out_at = (SELECT min(k.said_at) FROM consent k WHERE k.workspace_id = c.workspace_id AND k.contact_id = c.id AND k.stopped),
                 updated_at = now()
           WHERE c.workspace_id = ${workspaceId} AND c.id = ANY(${ids}::uuid[])
          RETURNING id, opted_out_at`,
    )
    const wasOut = new Map(before.map(({ id, opted_out_at }) => [id, opted_out_at !== null]))
    const out = after.filter(({ id, opted_out_at }) => opted_out_at !== null && wasOut.get(id) === false)
    newlyOut.push(...out.map(({ id }) => id))
    const items = out.map(({ id, opted_out_at }) => ({ contactId: id, at: opted_out_at }))
    if (items.length > 0) await announce(tx, workspaceId, [{ type: 'contact.opted_out', data: { items } }])
  }
  return [...new Set(newlyOut)]
}

/** The same for what is said about topics, in sets. The contacts are locked. @returns who is out of one of them now and was not before */
async function recordTopics(tx: Db, workspaceId: string, entries: readonly ConsentEntry[]): Promise<string[]> {
  const said = new Map<string, { contactId: string; topicId: string; source: ConsentSource; stopped: boolean; saidAt: Date }>()
  for (const { contactId, topicId, source: by, stopped, saidAt } of entries)
    for (const source of topicId ? (stopped ? [by] : liftedBy(by)) : []) {
      const key = `${contactId} ${topicId} ${source}`
      const known = said.get(key)
      const isLater = known === undefined || saidAt > known.saidAt || (saidAt.getTime() === known.saidAt.getTime() && stopped)
      if (topicId && isLater) said.set(key, { contactId, topicId, source, stopped, saidAt })
    }
  if (said.size === 0) return []
  const rows = [...said.values()]
  const places = sql`(SELECT DISTINCT u.contact_id, u.topic_id FROM unnest(${rows.map((row) => row.contactId)}::uuid[], ${rows.map((row) => row.topicId)}::uuid[])
    AS u (contact_id, topic_id)) AS p`
  const outNow = () =>
    many<{ contactId: string; topicId: string }>(
      tx,
      sql`SELECT p.contact_id AS "contactId", p.topic_id AS "topicId" FROM ${places}
           WHERE EXISTS (SELECT 1 FROM contact_topic k WHERE k.workspace_id = ${workspaceId} AND k.contact_id = p.contact_id AND k.topic_id = p.topic_id AND k.stopped)`,
    )
  const before = new Set((await outNow()).map(({ contactId, topicId }) => `${contactId} ${topicId}`))
  await run(
    tx,
    sql`INSERT INTO contact_topic AS k (workspace_id, contact_id, topic_id, source, stopped, said_at)
        SELECT ${workspaceId}, u.* FROM unnest(${rows.map((row) => row.contactId)}::uuid[], ${rows.map((row) => row.topicId)}::uuid[],
               ${rows.map((row) => row.source)}::text[], ${rows.map((row) => row.stopped)}::boolean[], ${rows.map((row) => row.saidAt)}::timestamptz[]) AS u
        ON CONFLICT (workspace_id, contact_id, topic_id, source) DO UPDATE SET stopped = excluded.stopped, said_at = excluded.said_at
         WHERE excluded.said_at > k.said_at OR (excluded.said_at = k.said_at AND excluded.stopped)`,
  )
  const lifted = rows.filter(({ stopped, source }) => !stopped && source === 'admin') // only a person lifts what a deleted contact left behind
  await run(
    tx,
    sql`DELETE FROM topic_suppression s USING contact c, unnest(${lifted.map((row) => row.contactId)}::uuid[], ${lifted.map((row) => row.topicId)}::uuid[])
          AS u (contact_id, topic_id)
         WHERE s.workspace_id = ${workspaceId} AND s.topic_id = u.topic_id AND s.key_hash = c.key_hash
           AND c.workspace_id = s.workspace_id AND c.id = u.contact_id`,
  )
  return (await outNow()).filter(({ contactId, topicId }) => !before.has(`${contactId} ${topicId}`)).map(({ contactId }) => contactId)
}

const upsert = (tx: Db, entry: ConsentEntry, source: ConsentSource) =>
  run(
    tx,
    sql`INSERT INTO consent AS k (workspace_id, contact_id, source, stopped, said_at, note, actor_name)
        VALUES (${entry.workspaceId}, ${entry.contactId}, ${source}, ${entry.stopped}, ${entry.saidAt}, ${entry.note ?? ''}, ${entry.actorName ?? null})
        ON CONFLICT (workspace_id, contact_id, source) DO UPDATE
           SET stopped = excluded.stopped, said_at = excluded.said_at, note = excluded.note, actor_name = excluded.actor_name, recorded_at = now()
         WHERE excluded.said_at > k.said_at OR (excluded.said_at = k.said_at AND excluded.stopped)`,
  )

/** Appends to the history in one statement; one fact told twice is one row. */
const append = (tx: Db, workspaceId: string, entries: readonly ConsentEntry[]) =>
  run(
    tx,
    sql`INSERT INTO consent_event (workspace_id, contact_id, said_at, source, kind, note, actor_name, topic_id)
        SELECT ${workspaceId}, e.* FROM unnest(${entries.map(({ contactId }) => contactId)}::uuid[], ${entries.map(({ saidAt }) => saidAt)}::timestamptz[],
               ${entries.map(({ source }) => source)}::text[], ${entries.map(({ stopped }) => (stopped ? 'opted_out' : 'opted_in'))}::text[],
               ${entries.map(({ note }) => note ?? '')}::text[], ${entries.map(({ actorName }) => actorName ?? null)}::text[],
               ${entries.map(({ topicId }) => topicId ?? EVERYTHING)}::uuid[]) AS e
        ON CONFLICT DO NOTHING`,
  )

/** How an answer came to us: a text, or SQL that finds it. */
export interface Evidence {
  readonly source: ConsentSource
  readonly note: string | Sql
  readonly actorName: string | Sql | null
}

/**
 * Appends to the history what became of `marketingOptIn`, for everybody of `which` (a condition over `c`) whose answer is another than the
 * last one written. To be called after each change of it, in the same transaction; set-based, and repeating it appends nothing.
 */
export const noteMarketing = (tx: Db, workspaceId: string, which: Sql, { source, note, actorName }: Evidence): Promise<number> =>
  run(
    tx,
    sql`INSERT INTO consent_event (workspace_id, contact_id, said_at, source, kind, note, actor_name)
        SELECT c.workspace_id, c.id, clock_timestamp(), ${source}, answer.kind, coalesce(${note}::text, ''), ${actorName}::text
          FROM contact c
         CROSS JOIN LATERAL (SELECT CASE c.marketing_opt_in WHEN true THEN 'marketing_yes' WHEN false THEN 'marketing_no' ELSE 'marketing_unset' END AS kind) AS answer
          LEFT JOIN LATERAL (SELECT e.kind FROM consent_event e WHERE e.workspace_id = c.workspace_id AND e.contact_id = c.id
                                AND e.kind IN ('marketing_yes', 'marketing_no', 'marketing_unset') ORDER BY e.said_at DESC LIMIT 1) AS last ON true
         WHERE c.workspace_id = ${workspaceId} AND ${which} AND answer.kind <> coalesce(last.kind, 'marketing_unset')
        ON CONFLICT DO NOTHING`,
  )

/** The history of a contact goes along to the one that the same person has become. */
export async function inheritHistory(tx: Db, workspaceId: string, fromId: string, toId: string): Promise<void> {
  await run(
    tx,
    sql`INSERT INTO consent_event (workspace_id, contact_id, said_at, source, kind, note, actor_name, recorded_at, topic_id)
        SELECT workspace_id, ${toId}, said_at, source, kind, note, actor_name, recorded_at, topic_id
          FROM consent_event WHERE workspace_id = ${workspaceId} AND contact_id = ${fromId}
        ON CONFLICT DO NOTHING`,
  )
  await noteMarketing(tx, workspaceId, sql`c.id = ${toId}`, { source: 'meta', note: 'joined with an earlier contact', actorName: null })
}
