import { type Db, run, sql } from './db.ts'
import type { Principal } from './http.ts'
import { newId } from './ids.ts'

export interface AuditEntry {
  /** For example `campaign.create`. */
  readonly action: string
  /** For example `WhatsappCampaign`. */
  readonly objectType: string
  readonly objectId?: string
  /** What changed, for people: no secrets, phone numbers masked. */
  readonly detail?: Record<string, unknown>
}

/** Who did it, where from. */
export type Actor = Pick<Principal, 'workspaceId' | 'actor' | 'address' | 'requestId'>

/** Leaves an entry in the audit log, in the transaction of the write itself. */
export async function audit(tx: Db, principal: Actor, entry: AuditEntry): Promise<void> {
  await run(
    tx,
    sql`INSERT INTO audit_entry (workspace_id, id, actor_type, actor_id, actor_name, action, object_type, object_id, detail, request_id, address)
        VALUES (${principal.workspaceId}, ${newId()}, ${principal.actor.type}, ${principal.actor.id}, ${principal.actor.name}, ${entry.action},
                ${entry.objectType}, ${entry.objectId ?? null}, ${JSON.stringify(entry.detail ?? {})}, ${principal.requestId}, ${principal.address})`,
  )
}
