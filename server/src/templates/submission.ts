import { chooseAccount } from '../accounts/actions.ts'
import { clientOf, openAccount } from '../accounts/queries.ts'
import { metaCall } from '../meta/refusal.ts'
import { audit } from '../platform/audit.ts'
import { type Deps, invalidInput, type Principal } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import { templateProblems } from './limits.ts'
import { campaignUsing, markDeleted, templateById, templateByMetaId } from './queries.ts'
import type { TemplateChange, TemplateInput, TemplateRow } from './schema.ts'
import { saveTemplates } from './sync.ts'

const EDITABLE = ['APPROVED', 'REJECTED', 'PAUSED']

async function known(deps: Deps, workspaceId: string, id: string): Promise<TemplateRow> {
  const row = await templateById(deps.pool, workspaceId, id)
  if (row === undefined) throw new Problem('not-found', 'There is no such template.')
  return row
}

/** Creates a template at Meta, which reviews it, then here. Refuses what Meta's own rules would refuse, naming every fault. */
export async function createTemplate(deps: Deps, principal: Principal, input: TemplateInput): Promise<TemplateRow> {
  const { workspaceId } = principal
  const account = await chooseAccount(deps, workspaceId, input.accountId)
  const { name, language, category, parameterFormat, components } = input
  const created = await metaCall(() =>
    clientOf(deps, account).createTemplate(account.wabaId, { name, language, category, parameter_format: parameterFormat, components }),
  )
  const { id, status } = created
  await saveTemplates(deps.pool, workspaceId, account.id, [
    { id, name, language, category: created.category, status, parameter_format: parameterFormat, components },
  ])
  await audit(deps.pool, principal, {
    action: 'template.create',
    objectType: 'WhatsappTemplate',
    objectId: id,
    detail: { name, language },
  })
  return templateByMetaId(deps.pool, workspaceId, account.id, id)
}

/** Replaces the components at Meta, which reviews them again. */
export async function changeTemplate(
  deps: Deps,
  principal: Principal,
  id: string,
  input: TemplateChange,
  check: (row: TemplateRow) => void,
): Promise<TemplateRow> {
  const { workspaceId } = principal
  const row = await known(deps, workspaceId, id)
  check(row)
  const problems = templateProblems({
    ...input,
    name: row.name,
    language: row.language,
    parameterFormat: row.parameter_format,
    category: input.category ?? row.category,
  })
  if (problems.length > 0) throw invalidInput(problems)
  if (!EDITABLE.includes(row.status))
    throw new Problem('conflict', `The template is ${row.status}; Meta edits only APPROVED, REJECTED or PAUSED ones.`)
  const account = await openAccount(deps, workspaceId, row.account_id)
  const client = clientOf(deps, account)
  await metaCall(() =>
    client.editTemplate(row.meta_id ?? '', { components: input.components, ...(input.category ? { category: input.category } : {}) }),
  )
  const fresh = await metaCall(() => client.template(row.meta_id ?? ''))
  await saveTemplates(deps.pool, workspaceId, account.id, [fresh])
  await audit(deps.pool, principal, { action: 'template.update', objectType: 'WhatsappTemplate', objectId: id })
  return known(deps, workspaceId, id)
}

/** Deletes at Meta, then here; refused while a running or scheduled campaign uses it. */
export async function deleteTemplate(deps: Deps, principal: Principal, id: string, check: (row: TemplateRow) => void): Promise<void> {
  const { workspaceId } = principal
  const row = await known(deps, workspaceId, id)
  check(row)
  const used = await campaignUsing(deps.pool, workspaceId, id)
  if (used !== undefined) throw new Problem('conflict', `The campaign “${used.name}” still uses the template.`)
  const account = await openAccount(deps, workspaceId, row.account_id)
  await metaCall(() => clientOf(deps, account).deleteTemplate(account.wabaId, row.meta_id ?? '', row.name))
  await markDeleted(deps.pool, workspaceId, id)
  await audit(deps.pool, principal, {
    action: 'template.delete',
    objectType: 'WhatsappTemplate',
    objectId: id,
    detail: { name: row.name },
  })
}
