import { clearHolds, setHold } from '../dispatch/holds.ts'
import { type Db, many, run, type Sql, sql } from '../platform/db.ts'
import { normaliseLanguage } from './sync.ts'

/** How template webhooks name a template. The id is text: it comes near 2^53. */
export interface TemplateName {
  readonly workspaceId: string
  readonly accountId: string
  readonly metaId: string | null
  readonly name: string
  readonly language: string
}

/** By Meta's id, else by name and language. */
const named = (at: TemplateName): Sql => sql`workspace_id = ${at.workspaceId} AND account_id = ${at.accountId}
  AND (meta_id = ${at.metaId} OR (name = ${at.name} AND language = ${normaliseLanguage(at.language)}))`

const ids = (tx: Db, at: TemplateName) => many<{ id: string }>(tx, sql`SELECT id FROM template WHERE ${named(at)}`)

/** message_template_status_update. A pause holds every campaign with the template; an approval lifts that hold. */
export async function applyTemplateStatus(tx: Db, at: TemplateName, event: string, reason: string | null): Promise<void> {
  const status = event === 'REINSTATED' || event === 'UNARCHIVED' ? 'APPROVED' : event
  await run(tx, sql`UPDATE template SET status = ${status}, rejected_reason = ${reason}, updated_at = now() WHERE ${named(at)}`)
  for (const { id } of await ids(tx, at)) {
    const hold = { workspaceId: at.workspaceId, scope: 'template', scopeId: id } as const
    if (status === 'APPROVED') await clearHolds(tx, { ...hold, reasons: ['template_paused'] })
    else if (status === 'PAUSED' || status === 'FLAGGED')
      await setHold(tx, {
        ...hold,
        reason: 'template_paused',
        detail: `Meta paused the template ${at.name}${reason ? `: ${reason}` : ''}.`,
      })
    else if (['DISABLED', 'DELETED', 'PENDING_DELETION', 'REJECTED', 'ARCHIVED'].includes(status))
      await setHold(tx, {
        ...hold,
        reason: 'template_paused',
        detail: `The template ${at.name} is ${status}${reason ? `: ${reason}` : ''}.`,
      })
  }
}

/** message_template_quality_update. A drop warns, sending goes on. */
export const applyTemplateQuality = (tx: Db, at: TemplateName, quality: string): Promise<number> =>
  run(tx, sql`UPDATE template SET quality = ${quality}, updated_at = now() WHERE ${named(at)}`)

/** template_category_update: done, or announced 24 hours ahead. */
export const applyTemplateCategory = (
  tx: Db,
  at: TemplateName,
  change: { readonly category: string | null; readonly becomes: string | null },
): Promise<number> =>
  run(
    tx,
    sql`UPDATE template SET category = coalesce(${change.category}, category),
               notice = ${change.becomes === null ? null : `becomes ${change.becomes}`}, updated_at = now() WHERE ${named(at)}`,
  )
