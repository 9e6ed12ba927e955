import { applyAccountEvent, applyCapability, applyNumberEvent } from '../accounts/actions.ts'
import { type Db, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { applyTemplateCategory, applyTemplateQuality, applyTemplateStatus } from '../templates/actions.ts'
import type { AccountEvent, TemplateEvent } from './events.ts'
import type { Located } from './located.ts'

const textOf = (value: unknown): string | null => (typeof value === 'string' || typeof value === 'number' ? String(value) : null)
const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** What Meta says about a template. */
export async function applyTemplate(tx: Db, workspaceId: string, event: Located<TemplateEvent>): Promise<void> {
  const at = { workspaceId, accountId: event.accountId, metaId: event.metaId, name: event.name, language: event.language }
  const { value } = event
  if (event.field === 'message_template_status_update') {
    const rejection = objectOf(value.rejection_info)
    const other = objectOf(value.other_info)
    const reasons = [textOf(value.reason), textOf(rejection.reason), textOf(rejection.recommendation), textOf(other.description)]
    const reason = [...new Set(reasons.filter((text) => text !== null && text !== 'NONE'))].join(' · ')
    await applyTemplateStatus(tx, at, textOf(value.event) ?? 'UNKNOWN', reason === '' ? null : reason)
  } else if (event.field === 'message_template_quality_update') {
    await applyTemplateQuality(tx, at, textOf(value.new_quality_score) ?? 'UNKNOWN')
  } else if (event.field === 'template_category_update') {
    const becomes = textOf(value.correct_category)
    await applyTemplateCategory(tx, at, { category: becomes === null ? textOf(value.new_category) : null, becomes })
  } else if (event.field === 'message_template_components_update') {
    await run(
      tx,
      sql`UPDATE template SET notice = 'changed at Meta; sync to see it' WHERE workspace_id = ${workspaceId} AND account_id = ${event.accountId} AND name = ${event.name} AND language = ${event.language}`,
    )
  }
}

/** What Meta says about an account or one of its numbers; also kept for a person to read. */
export async function applyAccount(tx: Db, workspaceId: string, event: Located<AccountEvent>): Promise<void> {
  const at = { workspaceId, accountId: event.accountId }
  const { value } = event
  const name = textOf(value.event) ?? ''
  if (event.field === 'phone_number_quality_update')
    await applyNumberEvent(tx, at, {
      displayPhoneNumber: textOf(value.display_phone_number) ?? '',
      event: name,
      limit: textOf(value.current_limit),
    })
  if (event.field === 'business_capability_update') {
    const limit = Number(value.max_daily_conversations_per_business ?? value.max_daily_conversation_per_phone)
    if (Number.isFinite(limit)) await applyCapability(tx, at, limit)
  }
  if (event.field === 'account_update') {
    const restrictions = (Array.isArray(value.restriction_info) ? value.restriction_info : []).map((item: unknown) => {
      const { restriction_type, expiration } = objectOf(item)
      const seconds = Number(expiration)
      const parsed =
        Number.isFinite(seconds) && seconds > 0 ? new Date(seconds * 1_000) : typeof expiration === 'string' ? new Date(expiration) : null
      return { type: textOf(restriction_type) ?? '', expiresAt: parsed === null || Number.isNaN(parsed.getTime()) ? null : parsed }
    })
    await applyAccountEvent(tx, at, { event: name, banState: textOf(objectOf(value.ban_info).waba_ban_state), restrictions })
  }
  await run(
    tx,
    sql`INSERT INTO account_notice (workspace_id, id, account_id, field, event, text, detail, at)
        VALUES (${workspaceId}, ${newId()}, ${event.accountId}, ${event.field}, ${name}, ${textOf(value.alert_description) ?? (name || event.field)},
                ${JSON.stringify(value)}, ${event.at})`,
  )
}
