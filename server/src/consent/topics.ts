import { type Db, likeText, many, maybeOne, one, run, type Sql, sql } from '../platform/db.ts'
import { invalidInput } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { TOPICS_MAX, type TopicInput } from './topic-schema.ts'

export interface TopicRow {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly created_by_name: string
  readonly created_at: Date
  readonly updated_at: Date
}
const columns = sql`t.id, t.name, t.description, t.created_by_name, t.created_at, t.updated_at`

/** The topic, or 404. */
export async function knownTopic(db: Db, workspaceId: string, id: string, lock: Sql = sql``): Promise<TopicRow> {
  const row = await maybeOne<TopicRow>(
    db,
    sql`SELECT ${columns} FROM topic t WHERE t.workspace_id = ${workspaceId} AND t.id = ${id} AND t.deleted_at IS NULL ${lock}`,
  )
  if (row === undefined) throw new Problem('not-found', 'There is no such topic.')
  return row
}

/**
 * The topic that a body names must be one of this workspace; held until the transaction ends, so that nobody deletes it meanwhile.
 * @param kept the topic that the object has already: it may stay after it was deleted
 */
export async function checkTopic(db: Db, workspaceId: string, topicId: string | null, kept: string | null = null): Promise<void> {
  if (topicId === null || topicId === kept) return
  const row = await maybeOne(
    db,
    sql`SELECT 1 FROM topic t WHERE t.workspace_id = ${workspaceId} AND t.id = ${topicId} AND t.deleted_at IS NULL FOR SHARE`,
  )
  if (row === undefined) throw invalidInput([{ pointer: '/topicId', detail: 'There is no such topic.' }])
}

/** By name. */
export async function listTopics(db: Db, workspaceId: string, nameFilter: string | undefined, limit: number, offset: number) {
  const condition = sql`t.workspace_id = ${workspaceId} AND t.deleted_at IS NULL AND t.name ILIKE ${`%${likeText(nameFilter ?? '')}%`}`
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM topic t WHERE ${condition}`)
  const rows = await many<TopicRow>(
    db,
    sql`SELECT ${columns} FROM topic t WHERE ${condition} ORDER BY lower(t.name) LIMIT ${limit} OFFSET ${offset}`,
  )
  return { rows, total: n }
}

const exists = (name: string) => new Problem('topic-exists', `There is a topic “${name}”.`)

export async function insertTopic(tx: Db, workspaceId: string, input: TopicInput, createdBy: string): Promise<TopicRow> {
  await run(tx, sql`SELECT 1 FROM workspace WHERE id = ${workspaceId} FOR NO KEY UPDATE`) // one after another: the limit is one of all together
  const { n } = await one<{ n: number }>(
    tx,
    sql`SELECT count(*) AS n FROM topic WHERE workspace_id = ${workspaceId} AND deleted_at IS NULL`,
  )
  if (n >= TOPICS_MAX) throw new Problem('too-many-topics', `A workspace has at most ${TOPICS_MAX} topics.`)
  const row = await maybeOne<TopicRow>(
    tx,
    sql`INSERT INTO topic AS t (workspace_id, id, name, description, created_by_name)
        VALUES (${workspaceId}, ${newId()}, ${input.name}, ${input.description ?? ''}, ${createdBy}) ON CONFLICT DO NOTHING RETURNING ${columns}`,
  )
  if (row === undefined) throw exists(input.name)
  return row
}

export async function updateTopic(tx: Db, workspaceId: string, id: string, input: TopicInput): Promise<TopicRow> {
  await run(tx, sql`SELECT 1 FROM workspace WHERE id = ${workspaceId} FOR NO KEY UPDATE`)
  const other = await maybeOne(
    tx,
    sql`SELECT 1 FROM topic WHERE workspace_id = ${workspaceId} AND id <> ${id} AND deleted_at IS NULL AND lower(name) = lower(${input.name})`,
  )
  if (other !== undefined) throw exists(input.name)
  return one<TopicRow>(
    tx,
    sql`UPDATE topic t SET name = ${input.name}, description = ${input.description ?? ''}, updated_at = now()
         WHERE t.workspace_id = ${workspaceId} AND t.id = ${id} RETURNING ${columns}`,
  )
}

/** No new campaign can name it; whoever is out of it stays out in those that have it. The caller locked it: nobody names it meanwhile. */
export async function deleteTopic(tx: Db, workspaceId: string, id: string): Promise<void> {
  const users = await many<{ name: string }>(
    tx,
    sql`SELECT name FROM campaign WHERE workspace_id = ${workspaceId} AND topic_id = ${id} AND deleted_at IS NULL
           AND status IN ('Draft', 'Scheduled', 'Running') LIMIT 5`,
  )
  if (users.length > 0) throw new Problem('topic-in-use', `Used by ${users.map(({ name }) => `“${name}”`).join(', ')}.`)
  await run(tx, sql`UPDATE topic SET deleted_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
}

/** Every topic with when this person went out of it, or null. */
export const topicsOf = (db: Db, workspaceId: string, contactId: string) =>
  many<{ id: string; name: string; opted_out_at: Date | null }>(
    db,
    sql`SELECT t.id, t.name, coalesce(
               (SELECT min(k.said_at) FROM contact_topic k
                 WHERE k.workspace_id = t.workspace_id AND k.contact_id = ${contactId} AND k.topic_id = t.id AND k.stopped),
               (SELECT s.created_at FROM topic_suppression s JOIN contact c ON c.workspace_id = s.workspace_id AND c.key_hash = s.key_hash
                 WHERE s.workspace_id = t.workspace_id AND s.topic_id = t.id AND c.id = ${contactId})) AS opted_out_at
          FROM topic t WHERE t.workspace_id = ${workspaceId} AND t.deleted_at IS NULL ORDER BY lower(t.name)`,
  )
