import type { MetaTemplate } from '../meta/client.ts'
import { type Db, many, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { parametersOf, type TemplateComponent } from './parameters.ts'

export interface SyncCounts {
  created: number
  updated: number
  removed: number
  unchanged: number
}

/** Meta prints languages with a hyphen in webhooks and an underscore elsewhere. */
export const normaliseLanguage = (language: string): string => language.replaceAll('-', '_')

const rowOf = (template: MetaTemplate) => {
  const components = (template.components ?? []) as readonly TemplateComponent[]
  return {
    id: newId(),
    meta_id: String(template.id),
    name: template.name,
    language: normaliseLanguage(template.language),
    category: template.category,
    status: template.status,
    quality: template.quality_score?.score ?? 'UNKNOWN',
    parameter_format: (template.parameter_format ?? 'POSITIONAL').toUpperCase(),
    components,
    parameters: parametersOf(components),
    ttl_seconds: template.message_send_ttl_seconds ?? null,
    rejected_reason: template.rejected_reason === undefined || template.rejected_reason === 'NONE' ? null : template.rejected_reason,
  }
}

/** Takes over one page of templates: what did not change is not written. */
export async function saveTemplates(
  tx: Db,
  workspaceId: string,
  accountId: string,
  templates: readonly MetaTemplate[],
): Promise<SyncCounts> {
  const rows = templates.map(rowOf)
  const written = await many<{ is_new: boolean }>(
    tx,
    sql`INSERT INTO template AS t (workspace_id, id, account_id, meta_id, name, language, category, status, quality, parameter_format, components, parameters, rejected_reason, ttl_seconds)
        SELECT ${workspaceId}, x.id, ${accountId}, x.meta_id, x.name, x.language, x.category, x.status, x.quality, x.parameter_format, x.components, x.parameters, x.rejected_reason, x.ttl_seconds
          FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
            AS x (id uuid, meta_id text, name text, language text, category text, status text, quality text, parameter_format text, components jsonb,
                  parameters jsonb, rejected_reason text, ttl_seconds int)
        ON CONFLICT (workspace_id, account_id, name, language) DO UPDATE
           SET meta_id = excluded.meta_id, category = excluded.category, status = excluded.status, quality = excluded.quality,
               parameter_format = excluded.parameter_format, components = excluded.components, parameters = excluded.parameters,
               rejected_reason = excluded.rejected_reason, ttl_seconds = excluded.ttl_seconds, removed_at = NULL, updated_at = now()
         WHERE (t.meta_id, t.category, t.status, t.quality, t.parameter_format, t.components, t.parameters, t.rejected_reason, t.ttl_seconds, t.removed_at) IS DISTINCT FROM
               (excluded.meta_id, excluded.category, excluded.status, excluded.quality, excluded.parameter_format, excluded.components,
                excluded.parameters, excluded.rejected_reason, excluded.ttl_seconds, NULL)
        RETURNING (xmax = 0) AS is_new`,
  )
  const created = written.filter(({ is_new }) => is_new).length
  return { created, updated: written.length - created, removed: 0, unchanged: rows.length - written.length }
}

/** Marks templates that Meta no longer lists. */
export const markRemoved = (tx: Db, workspaceId: string, accountId: string, metaIds: readonly string[]): Promise<number> =>
  run(
    tx,
    sql`UPDATE template SET removed_at = now(), status = 'DELETED', updated_at = now()
         WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND removed_at IS NULL AND meta_id <> ALL(${metaIds}::text[])`,
  )
