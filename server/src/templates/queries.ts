import { contactFieldSql } from '../contacts/fields.ts'
import { type Db, join, likeText, many, maybeOne, one, run, sql } from '../platform/db.ts'
import type { TemplateQuery, TemplateRow } from './schema.ts'

export const templateById = (db: Db, workspaceId: string, id: string) =>
  maybeOne<TemplateRow>(db, sql`SELECT * FROM template WHERE workspace_id = ${workspaceId} AND id = ${id} AND removed_at IS NULL`)

/** By the id that Meta gave it; throws when it is not there. */
export const templateByMetaId = (db: Db, workspaceId: string, accountId: string, metaId: string) =>
  one<TemplateRow>(
    db,
    sql`SELECT * FROM template WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND meta_id = ${metaId}`,
  )

export async function listTemplates(db: Db, workspaceId: string, query: TemplateQuery): Promise<{ rows: TemplateRow[]; total: number }> {
  const conditions = join(
    [
      sql`workspace_id = ${workspaceId} AND removed_at IS NULL`,
      ...(query.status === undefined ? [] : [sql`upper(status) = upper(${query.status})`]),
      ...(query.category === undefined ? [] : [sql`upper(category) = upper(${query.category})`]),
      ...(query.language === undefined ? [] : [sql`lower(language) = lower(${query.language})`]),
      ...(query.accountId === undefined ? [] : [sql`account_id = ${query.accountId}`]),
      ...(query.nameFilter === undefined ? [] : [sql`name ILIKE ${`%${likeText(query.nameFilter)}%`}`]),
    ],
    sql` AND `,
  )
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM template WHERE ${conditions}`)
  const rows = await many<TemplateRow>(
    db,
    sql`SELECT * FROM template WHERE ${conditions} ORDER BY name, language LIMIT ${query.pageSize} OFFSET ${(query.pageNumber - 1) * query.pageSize}`,
  )
  return { rows, total: n }
}

/** A running or scheduled campaign that uses the template, if there is one. */
export const campaignUsing = (db: Db, workspaceId: string, templateId: string) =>
  maybeOne<{ name: string }>(
    db,
    sql`SELECT name FROM campaign WHERE workspace_id = ${workspaceId} AND status IN ('Running', 'Scheduled') AND deleted_at IS NULL
           AND (template_id = ${templateId} OR id IN (SELECT campaign_id FROM campaign_version WHERE workspace_id = ${workspaceId} AND template_id = ${templateId})) LIMIT 1`,
  )

export const markDeleted = (db: Db, workspaceId: string, id: string): Promise<number> =>
  run(db, sql`UPDATE template SET removed_at = now(), status = 'DELETED' WHERE workspace_id = ${workspaceId} AND id = ${id}`)

/** What one contact holds for these field names, in their order; undefined when there is no such contact. */
export async function fieldsOfContact(db: Db, workspaceId: string, contactId: string, names: readonly string[]) {
  const row = await maybeOne<{ fields: (string | null)[] }>(
    db,
    sql`SELECT ARRAY[${names.length === 0 ? sql`NULL` : join(names.map(contactFieldSql), sql`, `)}]::text[] AS fields FROM contact c
         WHERE c.workspace_id = ${workspaceId} AND c.id = ${contactId}`,
  )
  return row?.fields
}
