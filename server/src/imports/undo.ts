import { noteMarketing } from '../contacts/consent.ts'
import { deleteContacts } from '../contacts/queries.ts'
import { type Db, run, sql } from '../platform/db.ts'

/** Takes an import back: contacts it created and nobody messaged since go, those it changed are as before, unless changed again. */
export async function undo(tx: Db, workspaceId: string, id: string): Promise<void> {
  await deleteContacts(
    tx,
    workspaceId,
    sql`c.import_id = ${id}
           AND NOT EXISTS (SELECT 1 FROM contact_import_change k WHERE k.workspace_id = c.workspace_id AND k.import_id = ${id} AND k.contact_id = c.id)
           AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.workspace_id = c.workspace_id AND r.contact_id = c.id)`,
  )
  await run(
    tx,
    sql`UPDATE contact c
           SET first_name = k.before->>'first_name', last_name = k.before->>'last_name', email = k.before->>'email', language = k.before->>'language',
               time_zone = k.before->>'time_zone', external_id = k.before->>'external_id',
               tags = ARRAY(SELECT jsonb_array_elements_text(k.before->'tags')), attributes = k.before->'attributes',
               is_active = (k.before->>'is_active')::boolean, marketing_opt_in = (k.before->>'marketing_opt_in')::boolean,
               import_id = (k.before->>'import_id')::uuid, updated_at = now()
          FROM contact_import_change k
         WHERE k.workspace_id = ${workspaceId} AND k.import_id = ${id}
           AND c.workspace_id = k.workspace_id AND c.id = k.contact_id AND c.import_id = ${id}`,
  )
  const changed = sql`c.id IN (SELECT contact_id FROM contact_import_change WHERE workspace_id = ${workspaceId} AND import_id = ${id})`
  await noteMarketing(tx, workspaceId, changed, { source: 'import', note: 'import undone', actorName: null })
  await run(tx, sql`UPDATE contact_import SET undone_at = now() WHERE workspace_id = ${workspaceId} AND id = ${id}`)
}
